//! Two hosts with real windows: a photo dragged with the mouse from one to the other, seen there, answered in Chinese.
