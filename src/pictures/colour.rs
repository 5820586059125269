//! From the colours a camera or screen meant to sRGB.
