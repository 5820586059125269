//! Compiles the messages on the wire, as the library's own `build.rs` does.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../src/protocol/fantail.proto");
    let files = protox::compile(["../src/protocol/fantail.proto"], ["../src/protocol"])?;
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
