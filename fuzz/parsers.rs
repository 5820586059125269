//! The parts of the library that read bytes from outside, and nothing else of it: with a sanitizer, window, network and
//! database would take half an hour to build. They are the same files under the same paths, so that `properties.rs` fits
//! both.
#![allow(dead_code, unused_imports, reason = "what uses the rest is not here")]

#[path = "../src/pictures/mod.rs"]
pub mod pictures;
#[path = "../src/protocol/mod.rs"]
pub mod protocol;
#[path = "../src/trust/mod.rs"]
pub mod trust;

#[path = "../src/app"]
pub mod app {
    pub mod conversation {
        pub mod links;
    }
}

#[path = "../src/cli"]
pub mod cli {
    pub mod args;
    pub mod exchange;
    mod line;
    pub mod request;
}

#[path = "../src/nearby"]
pub mod nearby {
    pub mod announcement;
    pub mod changes {
        #[cfg(target_os = "linux")]
        pub mod netlink;
    }
}

#[path = "../src/platform"]
mod platform {
    pub mod confine;
    pub mod faces;
    pub mod files;
    pub mod home;
    pub mod path_bytes;
    pub mod pipe;
    pub mod priority;
    pub mod private;
    pub mod thumbnailer;

    pub fn this_program() -> std::io::Result<std::path::PathBuf> {
        std::env::current_exe()
    }
}

#[path = "../src/store"]
mod store {
    pub mod model;
}

#[path = "../src/transfer"]
pub mod transfer {
    mod hash;
    pub mod journal;
    pub mod names;
}

/// What [`cli::args`] has its choices from.
mod engine {
    pub mod api {
        pub use crate::store::model::Audience;
    }
}
