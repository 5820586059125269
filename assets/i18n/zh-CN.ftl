# Fantail，简体中文。
# 短句末尾不加句号；需要继续填写或选择的操作以“…”结尾。
# 用词：电脑、附近、发送、接收/拒绝、已保存、已核对、共享架。

## 名称和常用词
app-name = Fantail
cancel = 取消
close = 关闭
done = 完成
back = 返回
undo = 撤销
more = 更多
menu = 菜单
this-computer = 本机
and-more = 还有 { $count } 项
items = { $count } 项
files = { $count } 个文件
pictures = { $count } 张图片
folders = { $count } 个文件夹
a-message = 一条消息

## 电脑的种类
kind-computer = 电脑
kind-phone = 手机
kind-browser = 浏览器

## 列表
nearby = 附近
seen-before = 以前见过
list-reachable = 在此网络中
list-connecting = 正在连接…
list-away = 不在线
list-away-queue = 不在线 · { $count } 项待发送
list-new = 新出现
list-waiting = 等待对方回应
list-asks = 想发东西给你
list-waits = 正要给你发东西
list-wants = 想取你共享架上的东西
list-blocked = 已屏蔽
list-sending = 正在发送 { $percent }
list-receiving = 正在接收 { $percent }
verified = 已核对
not-verified = 尚未核对
unread = { $count } 条未读
add-computer = 添加电脑…
cant-see = 找不到某台电脑？
own-name = { $name }，本机
no-name-yet = 正在启动…
settings-open = 设置…
refresh = 重新查找
show-received = 打开接收文件夹
choose-also = 一并选中
choose-not = 取消选中

## 按地址添加电脑
add-title = 添加电脑
add-explain = 如果某台电脑没有自动出现，请输入它的名称或地址。在那台电脑的 Fantail 设置里可以看到地址。
add-field = 名称或地址
add-hint = 例如 192.168.1.20
add-go = 连接
add-looking = 正在查找…
add-nobody = 那里没有回应。请确认对方电脑上打开了 Fantail，并且两台电脑在同一个网络中。
add-several = 有多台电脑回应，请在列表中选择

## 找不到电脑时的帮助
help-title = 找不到某台电脑？
help-open = 对方电脑上必须打开 Fantail
help-network = 两台电脑要在同一个网络中：同一个 Wi-Fi，或同一个路由器
help-guest = 访客网络和酒店网络常常把电脑互相隔开
help-firewall = 防火墙可能会询问是否允许 Fantail 使用网络：请允许
help-visible = 对方可能设为隐藏：请查看它的设置
my-address = 本机的地址是 { $address }
no-address = 本机没有连接网络

## 会话顶部
header-away = 不在线
header-seen = 不在线，上次出现：{ $when }
header-reachable = 在此网络中
header-visible = 在附近，尚未连接
header-blocked = 已屏蔽：它发来的任何东西都不会收到
header-several = 发送给 { $count } 台电脑
stranger-note = 你还没有和这台电脑来往过
impostor-title = 这不是你认识的“{ $name }”
impostor-note = 另一台电脑自称“{ $name }”。可能是它重装过，也可能有人冒充。发送或接收之前，请先当面问一问。
search-here = 在此会话中搜索

## 电脑的菜单
menu-compare = 核对…
menu-about = 关于这台电脑…
menu-rename = 重命名…
menu-ask = 接收前先询问
menu-accept = 总是接收
menu-block = 屏蔽
menu-unblock = 解除屏蔽
menu-clear = 清空会话…
menu-forget = 忘记这台电脑…
menu-copy-address = 复制它的地址
menu-copy-fingerprint = 复制它的指纹
rename-title = 重命名“{ $name }”
rename-field = 在本机上显示的名称
rename-explain = 留空则显示它自己的名称
rename-go = 重命名
forget-title = 忘记“{ $name }”？
forget-explain = 本机上的会话和你给它的许可会被移除。收到的文件保留在原处。
forget-go = 忘记
clear-title = 清空与“{ $name }”的会话？
clear-explain = 文件保留在原处；粘贴的图片会被移除，等待发送的内容不再发送
clear-go = 清空
block-title = 屏蔽“{ $name }”？
block-explain = 它不能再发任何东西给你
block-go = 屏蔽

## 询问
ask-gives = “{ $name }”想发给你：{ $what }
ask-takes = “{ $name }”想从你的共享架取走：{ $what }
ask-stranger = 你还不认识这台电脑。只有在等对方发东西时才接收。
ask-impostor = 这不是你认识的“{ $name }”
ask-accept = 接收
ask-accept-some = 接收 { $count } 项
ask-decline = 拒绝
ask-always = 总是接收这台电脑发来的东西
ask-block = 屏蔽
ask-choose = 只接收部分…
ask-choose-less = 全部接收
ask-into = 保存到
ask-folder = 选择其他文件夹…
ask-hide = 一小时内不显示陌生电脑
ask-more-waiting = 还有 { $count } 个在等待
ask-take-item = 接收 { $name }

## 第一次
first-title = 第一次发送：是这台电脑吗？
first-explain = 你以前没有发过东西给“{ $name }”。如果不确定，请问一问它的主人。
first-explain-several = 你以前没有发过东西给：{ $names }
first-send = 发送
first-compare = 核对

## 输入区
compose-field = 消息
compose-hint = 写点什么，或把图片拖到这里
compose-hint-plain = 写点什么
compose-hint-away = “{ $name }”不在线；写下的内容稍后发送
send = 发送
attach = 添加
add-files = 添加文件…
add-pictures = 添加图片…
add-folder = 添加文件夹…
remove-chip = 移除 { $name }
form-without-metadata = 不含位置和相机信息
form-without-metadata-explain = 发送的副本不含拍摄地点、时间和设备，画面完全不变。
form-smaller = 缩小图片
form-smaller-explain = 发送长边不超过 2048 像素的副本。动图按原样发送。
chip-keeps = 无法去掉其中的信息
chip-folder-keeps = 文件夹按原样发送
compose-keeps-metadata = { $name } 无法去掉位置和相机信息再发送：请移除它，或关闭该选项
pasted-picture = 粘贴的图片
text-too-long = 这条消息太长，不能作为文字发送：请存成文件再发

## 每一项的状态
entry-you = 你
state-preparing = 正在准备…
state-waiting-for = 等待“{ $name }”回应
state-waiting-here = 等待你的回应
state-sending = 正在发送 { $percent }
state-receiving = 正在接收 { $percent }
state-finishing = 正在写入磁盘…
state-progress = { $percent } · { $speed } · 还需 { $left }
state-progress-plain = { $percent } · { $speed }
state-left = 还需 { $left }
state-saved = 已保存
state-saved-on = 已保存到“{ $name }”
state-already = 已经有了
state-already-here = 这里已经有了
state-already-on = “{ $name }”已经有了，之前由你发送
state-without = { $state }，缺少 { $count } 个文件
state-delivered = 已送达
state-declined-by = “{ $name }”拒绝了
state-declined-here = 你拒绝了
state-cancelled-here = 你取消了
state-cancelled-there = “{ $name }”取消了
state-held-away = 已中断，“{ $name }”回来后会继续
state-held-queued = “{ $name }”回来后发送
state-held-turn = 正在排队
state-in-line = 第 { $place } 项，共 { $count } 项
state-held-paused-here = 已暂停
state-held-paused-there = 已被“{ $name }”暂停
state-held-disk-full-here = 这台电脑的磁盘已满，有空间后会继续
state-held-disk-full-there = “{ $name }”的磁盘已满，有空间后会继续
state-held-folder-here = 无法保存到接收文件夹，恢复后会继续
state-held-folder-there = “{ $name }”无法保存到它的文件夹，恢复后会继续
state-held-source-away = 要发送的内容所在的磁盘或文件夹不在，恢复后会继续
state-stopped = 已停止：{ $why }
state-left-out = 未接收
state-partly = 已保存 { $saved } / { $total } 项
state-moved = 文件已被移动或删除；原来在 { $path }
entry-copy = 复制
entry-copy-text = 复制文字
entry-copy-files = 复制文件
entry-save = 另存为…
entry-save-all = 全部另存…
entry-open = 打开
entry-show = 在文件夹中显示
entry-cancel = 取消
entry-pause = 暂停
entry-continue = 继续
entry-sooner = 提前发送
entry-first = 最先发送
entry-again = 再次发送
entry-again-copy = 再发送一份
entry-remove = 从会话中移除
copied = 已复制
opened-instead = 它可能会作为程序运行，所以只在文件夹中显示
text-show-all = 显示全文
text-save = 存为文件…
conversation-empty = 这里还没有内容
conversation-empty-explain = 写点什么，或把图片和文件拖到这里
picture-of = 图片 { $name }
picture-sized = 图片 { $name }，{ $width } × { $height } 像素
picture-animated = 动图 { $name }
picture-loading = { $name }，正在载入
picture-broken = 无法显示这张图片
new-messages = 新内容
to-newest = 回到最新
entry-spoken = { $who }，{ $time }：{ $what }。{ $state }
entry-spoken-plain = { $who }，{ $time }：{ $what }

## 文件的种类
file-unseen = 此电脑无法预览内容
file-pdf = PDF 文档
file-archive = 压缩包
file-disk-image = 磁盘映像
file-program = 程序
file-sound = 音频
file-film = 视频
file-picture = 图片
file-text = 文本
file-document = 文档
file-table = 表格
file-slides = 演示文稿
file-code = 源代码
file-font = 字体
file-book = 电子书
file-of = { $ending } 文件
file-plain = 文件

## 搜索
search = 搜索
search-hint = 搜索消息和名称
search-all = 搜索全部会话
search-clear = 清除搜索
search-nothing = 没有找到“{ $text }”

## 看图
viewer-name = 看图
viewer-next = 下一张
viewer-previous = 上一张
viewer-zoom-in = 放大
viewer-zoom-out = 缩小
viewer-fit = 适合窗口
viewer-actual = 实际大小
viewer-rotate-left = 向左旋转
viewer-rotate-right = 向右旋转
viewer-copy = 复制图片
viewer-of = { $index } / { $count }
viewer-close = 关闭看图
viewer-more = 更多
viewer-play = 播放
viewer-pause = 暂停
viewer-step-on = 下一帧
viewer-step-back = 上一帧
viewer-frame = 第 { $index } 帧，共 { $count } 帧
viewer-copy-file = 复制文件
viewer-open = 用其他程序打开
viewer-bin = 移到回收站
viewer-binned = 已将 { $name } 移到回收站
viewer-not-binned = { $name } 无法移到回收站，仍留在原处
viewer-still-to-send = { $name } 还要发送给“{ $to }”，仍留在原处
viewer-still-on-shelf = { $name } 还在你的共享架上，仍留在原处
viewer-about = 详细信息
viewer-about-name = 名称
viewer-about-size = 文件大小
viewer-about-pixels = 尺寸
viewer-about-kind = 类型
viewer-about-pages = 页数
viewer-first-of = 共 { $pages } 页，显示第 1 页
viewer-about-taken = 拍摄时间
viewer-about-camera = 相机
viewer-about-place = 地点
viewer-taken-at = { $day } { $time }
viewer-show-place = 显示地点
viewer-copy-place = 复制地点
viewer-too-large = 这张图片太大，无法在此显示
viewer-gone = 文件已被移动或删除

## 拖放
drop-send-to = 发送给“{ $name }”
drop-add = 加到给“{ $name }”的消息里
drop-add-several = 加到给 { $count } 台电脑的消息里
drop-ask-whom = 松开后选择发给谁
drop-nobody = 还没有可以发送的电脑
drop-elsewhere = 在这里松开不会发送
drop-whom-title = 发送给谁？{ $what }
drop-sending = 正在发送给“{ $name }”：{ $what }
drop-waiting = “{ $name }”回来后发送：{ $what }
drop-unreadable = 拖进来的东西无法读取

## 选择文件
pick-files = 选择要发送的文件
pick-pictures = 选择要发送的图片
pick-folder = 选择要发送的文件夹
pick-save = 另存为
pick-save-all = 选择保存位置
pick-into = 选择存放接收文件的文件夹
pick-filter-pictures = 图片
pick-no-answer = 系统的文件选择窗口没有回应。也可以把文件拖到这里，或粘贴进来。
pick-failed = 无法打开系统的文件选择窗口。也可以把文件拖到这里，或粘贴进来。
pick-busy = 文件选择窗口已经打开
saved-as = 已存为 { $name }
saved-all = 已将 { $what } 保存到 { $folder }

## 设置
settings = 设置
settings-name = 本机名称
settings-name-hint = 其他人看到的就是这个名称
settings-language = 语言
settings-language-system = 跟随系统
settings-folder = 收到的文件存放在
settings-folder-change = 更改…
settings-folder-usual = 使用默认文件夹
settings-theme = 外观
theme-system = 跟随系统
theme-light = 浅色
theme-dark = 深色
settings-visibility = 谁能看到本机
visibility-everyone = 所有人
visibility-everyone-explain = 此网络中的所有人都能看到本机
visibility-known = 仅认识的
visibility-known-explain = 只有你核对过或设过规则的电脑能看到本机
visibility-hidden = 隐藏
visibility-hidden-explain = 谁也看不到本机，但你仍可发送。有意扫描网络的人仍能发现端口是打开的。
settings-known = 认识的电脑…
settings-motion = 减少动态效果
settings-zoom = 整体大小
settings-fingerprint = 指纹
settings-version = 版本 { $version }

## 还没有电脑
empty-title = 附近还没有电脑
empty-explain = 在同一网络中的另一台电脑上打开 Fantail，它会自动出现在这里
empty-help = 怎么办？
choose-title = 选择一台电脑
choose-explain = 也可以把图片和文件拖到列表中的某台电脑上
starting = 正在启动…

## 通知
notice-store = 保存的会话无法读取，已移到 { $path }，现在重新开始
notice-store-full = 这台电脑的磁盘已满，Fantail 无法保存任何记录：腾出空间后会继续
notice-store-not-writable = Fantail 无法写入自己的文件夹，因此无法保存任何记录：请检查其磁盘是否正常、是否写保护，恢复后会继续
notice-identity = 这份程序来自另一台电脑，因此得到了自己的新身份；其他电脑会把它当作新电脑
notice-folder = 无法保存到 { $folder }：请在设置中选择其他文件夹
notice-shared = “{ $name }”在两处以同一身份出现：是复制的硬盘吗？
notice-discovery = 目前无法自动查找电脑；仍可按地址添加
notice-fonts = 没有安装含汉字的字体，汉字会显示为方框。{ $advice }
fonts-advice-debian = 请安装软件包 fonts-noto-cjk。
fonts-advice-fedora = 请安装软件包 google-noto-sans-cjk-fonts。
fonts-advice-arch = 请安装软件包 noto-fonts-cjk。
fonts-advice-other = 请安装 Noto Sans CJK 字体。
notice-dismiss = 知道了
engine-ended = Fantail 的后台部分已停止。请关闭窗口后重新打开。
command-failed = 没有成功：{ $why }
too-busy = 同时进行的太多，稍后即可
strangers-hidden = 一小时内不显示陌生电脑

## 退出
start-title = Fantail 无法启动
start-not-writable = Fantail 无法写入自己的文件夹 { $folder }；请检查磁盘是否写保护、你是否有权修改其中的内容，然后重新启动
start-disk-full = Fantail 自己的文件夹 { $folder } 所在的磁盘已满；请腾出空间，然后重新启动

quit-title = 传输还没完成，要退出吗？
quit-explain = 窗口关闭后，{ $count } 个传输会停止
quit-go = 退出
quit-stay = 继续传输

## 窗口标题
title-with = { $name } – Fantail
title-unread = ({ $count }) { $title }

## 核对
compare-title = 与“{ $name }”核对
compare-explain = 看“{ $name }”的屏幕：如果没有人夹在中间，它会显示同样的四个图案和六位数字。
compare-waiting = 正在等待“{ $name }”…
compare-match = 两边相同
compare-differ = 两边不同
compare-matched = “{ $name }”已核对
compare-again = 再试一次
compare-broke-explain = 夹在中间的人可能会故意这样做。如果再次发生，请换一个网络核对。
compare-asked = “{ $name }”想要核对
compare-asked-explain = 如果没有人夹在中间，它的屏幕会显示相同的内容
compare-differ-title = 两边的代码不同
compare-differ-explain = 这可能不是你以为的那台电脑，或者有人夹在中间。不要发东西给它，也不要接收它发来的东西。请当面问一问对方，换一个可信的网络再试。

## 认识的电脑
known-title = 认识的电脑
known-empty = 你来往过的电脑会列在这里
about-met = 只是见过，尚未核对
about-verified = 已通过核对
about-first-seen = 初次见到：{ $when }
about-last-seen = 上次见到：{ $when }
about-rule = 它发来东西时
rule-ask = 询问
rule-accept = 总是接收
rule-block = 屏蔽
about-rule-explain = 先核对，才能不经询问直接接收
about-folder = 它发来的东西保存到
about-key-show = 显示它的指纹

## 问题，每个一句话
problem-computer-gone = 与对方电脑的连接断开了
problem-not-reachable = 目前连不上对方电脑
problem-no-answer = 对方没有及时回应
problem-refused = 对方电脑不接收本机发的任何东西
problem-disk-full-here = 本机磁盘已满
problem-disk-full-there = 对方电脑磁盘已满
problem-folder-here = 无法保存到文件夹 { $folder }
problem-folder-here-unnamed = 无法保存到接收文件夹
problem-folder-there = 对方电脑无法保存到它的文件夹
problem-source-changed = { $name } 在发送过程中被修改
problem-source-gone = { $name } 在发送前被移动或删除
problem-source-unreadable = 无法读取 { $name }
problem-not-a-file = 快捷方式（链接）之类的不会发送：{ $name }
problem-damaged = { $name } 收到时已损坏，没有保留
problem-keeps-metadata = { $name } 无法去掉位置和相机信息再发送
problem-renditions-full = 等待发送的图片已超过 { $size }；请稍后再发，或按原样发送
problem-misbehaved = 对方电脑的程序没有按约定通信
problem-incompatible = 两边的 Fantail 版本不兼容：请更新较旧的一边
problem-nothing = 没有可发送的内容
problem-too-much = 超出一次能发送的量（最多 { $limit }）
problem-not-found = 没有找到“{ $whom }”
problem-not-known = 没有名为“{ $whom }”的已知电脑；加上 --new 可以指其他电脑
problem-ambiguous = 有 { $count } 台电脑符合这个名称
problem-closed = 传输途中 Fantail 被关闭
problem-not-on-shelf = 它已经不在共享架上
problem-shelf-changed = 共享架在此期间有变化；请重新查看
problem-unsupported = 对方电脑的程序不支持此功能
problem-queue-full = 已有 { $count } 项在等待发送，请取消一些，或改发文件夹
problem-busy = 现在同时进行的太多，请稍后再试
problem-compare-broke = 核对在得出代码之前中断了
problem-compare-closed = 对方关闭了核对
problem-compare-often = 一小时内已与它核对三次，请稍后再试
problem-compare-often-there = 对方电脑一小时内已核对三次，请稍后再试
problem-nobody-looks = 对方电脑上没有打开 Fantail 窗口
problem-system = { $message }
problem-other = 出了点问题

## 核对时的图案，按编号
emoji-name = { $number ->
    [0] 狗
    [1] 猫
    [2] 大象
    [3] 乌龟
    [4] 章鱼
    [5] 蝴蝶
    [6] 企鹅
    [7] 鱼
    [8] 蜜蜂
    [9] 公鸡
    [10] 蜗牛
    [11] 蛇
    [12] 青蛙
    [13] 猪
    [14] 骆驼
    [15] 螃蟹
    [16] 仙人掌
    [17] 松树
    [18] 向日葵
    [19] 蘑菇
    [20] 苹果
    [21] 香蕉
    [22] 葡萄
    [23] 樱桃
    [24] 菠萝
    [25] 胡萝卜
    [26] 披萨
    [27] 甜甜圈
    [28] 蛋糕
    [29] 冰淇淋
    [30] 彩虹
    [31] 月亮
    [32] 星星
    [33] 火
    [34] 闪电
    [35] 雪人
    [36] 地球
    [37] 火山
    [38] 钥匙
    [39] 铃铛
    [40] 灯泡
    [41] 锤子
    [42] 书
    [43] 礼物
    [44] 气球
    [45] 雨伞
    [46] 沙漏
    [47] 闹钟
    [48] 相机
    [49] 耳机
    [50] 吉他
    [51] 鼓
    [52] 船锚
    [53] 汽车
    [54] 自行车
    [55] 火车
    [56] 帆船
    [57] 火箭
    [58] 房子
    [59] 足球
    [60] 奖杯
    [61] 王冠
    [62] 眼镜
   *[other] 机器人
}

## 数字和时间
percent = { $value }%
size-bytes = { $value } B
size-kb = { $value } KB
size-mb = { $value } MB
size-gb = { $value } GB
size-tb = { $value } TB
per-second = { $size }/秒
duration-seconds = { $count } 秒
duration-minutes = { $count } 分钟
duration-minutes-seconds = { $minutes } 分 { $seconds } 秒
duration-hours-minutes = { $hours } 小时 { $minutes } 分
duration-days = { $count } 天
today = 今天
yesterday = 昨天
date-this-year = { $month }{ $day }日 { $weekday }
date-other-year = { $year }年{ $month }{ $day }日
when-just-now = 刚刚
when-minutes = { $count } 分钟前
when-today = 今天 { $time }
when-yesterday = 昨天 { $time }
when-date = { $date }
weekday = { $number ->
    [1] 星期一
    [2] 星期二
    [3] 星期三
    [4] 星期四
    [5] 星期五
    [6] 星期六
   *[7] 星期日
}
month = { $number ->
    [1] 1月
    [2] 2月
    [3] 3月
    [4] 4月
    [5] 5月
    [6] 6月
    [7] 7月
    [8] 8月
    [9] 9月
    [10] 10月
    [11] 11月
   *[12] 12月
}
list-two = { $first }和{ $second }
list-comma = { $first }、{ $second }

## 命令行
cli-ready = { $name } 正在接收到 { $folder }（端口 { $port }）；按 Ctrl+C 停止
cli-accept = 接受吗？y/n
cli-compares = “{ $name }”想要核对：对方屏幕上必须显示相同的内容
cli-code = { $name }：{ $digits }
cli-same = 两块屏幕上相同吗？y/n
cli-withdrawn = 对方已经撤回
cli-from = 来自 { $name }：{ $what }
cli-folder = 无法保存到 { $folder }：请用 --into 选择其他文件夹
cli-queued = 已保留，等“{ $name }”回来后由这台电脑上的窗口或 fantail receive 发送
cli-left = 已在这里停止；这台电脑上的窗口或 fantail receive 运行时会继续
cli-nobody = 附近还没有电脑：请在同一网络的另一台电脑上打开 Fantail，或运行 fantail receive
cli-nothing-on-shelf = 没有放给本机的东西
cli-receives-already = 同一数据文件夹的窗口或另一个 fantail receive 正在运行，已经在接收
cli-receive-in-the-way = fantail receive 正在使用同一数据文件夹；停止它才能打开窗口
cli-no-display = 这里没有可以显示窗口的屏幕；没有屏幕也能在命令行使用 Fantail：fantail --help
