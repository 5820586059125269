//! The window, by its accessible names.
