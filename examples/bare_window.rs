//! An empty window with Fantail's fonts and nothing else: what Fantail's memory is compared with.

fn main() -> eframe::Result {
    struct Bare;
    impl eframe::App for Bare {
        fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
            ui.label("Bare window 你好");
        }
    }
    let options = eframe::NativeOptions { renderer: eframe::Renderer::Glow, ..Default::default() };
    eframe::run_native("Bare window", options, Box::new(|_creation| Ok(Box::new(Bare))))
}
