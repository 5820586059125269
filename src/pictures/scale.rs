//! Down to the size that is shown, with alpha multiplied in while it happens.
