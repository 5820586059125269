//! Pictures that move: GIF, WebP and APNG, as many frames as the budget holds.
