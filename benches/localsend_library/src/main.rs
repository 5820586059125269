//! The LocalSend library of the Rust registry, with as little as possible around it.
//!
//! ```text
//! localsend-library receive PORT FOLDER
//! localsend-library send ADDRESS PORT FILE...
//! ```

use std::{collections::HashMap, error::Error, net::SocketAddr, path::Path};

use localsend::{
    Client,
    models::{device::DeviceInfo, file::FileMetadata},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["receive", port, folder] => {
            let client = client(port.parse()?, folder).await?;
            let (server, _, _) = client.start().await?;
            Ok(server.await?)
        }
        ["send", address, port, ref files @ ..] => {
            let to: SocketAddr = format!("{address}:{port}").parse()?;
            // Any other port: it only listens for announcements there.
            send(client(to.port() ^ 1, "").await?, to, files).await
        }
        _ => Err("usage: receive PORT FOLDER | send ADDRESS PORT FILE...".into()),
    }
}

async fn client(port: u16, folder: &str) -> Result<Client, Box<dyn Error>> {
    let device = DeviceInfo { port, ..DeviceInfo::default() };
    Ok(Client::with_config(device, port, folder.to_owned()).await?)
}

/// All files in one session, one request each, as LocalSend does it.
async fn send(client: Client, to: SocketAddr, files: &[&str]) -> Result<(), Box<dyn Error>> {
    const PEER: &str = "peer";
    client.peers.lock().await.insert(PEER.into(), (to, DeviceInfo { port: to.port(), ..DeviceInfo::default() }));
    let mut offered = HashMap::new();
    for file in files {
        let metadata = FileMetadata::from_path(Path::new(file))?;
        // The library uses the path as the identity of a file, without encoding it for the address of the request.
        let id = offered.len().to_string();
        offered.insert(id.clone(), FileMetadata { id, ..metadata });
    }
    let session = client.prepare_upload(PEER.into(), offered).await?;
    for (number, file) in files.iter().enumerate() {
        let id = number.to_string();
        let token = session.files.get(&id).ok_or("not accepted")?.clone();
        let content = tokio::fs::read(file).await?;
        client.upload(session.session_id.clone(), id, token, content.into()).await?;
    }
    Ok(())
}
