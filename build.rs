//! Compiles the messages on the wire, without an installed `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/protocol/fantail.proto");
    let files = protox::compile(["src/protocol/fantail.proto"], ["src/protocol"])?;
    // `Bytes` lets a field of a received message point into the buffer it came in.
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
