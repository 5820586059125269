//! A handshake of ours with rustls as it is everywhere else. The fuzz targets include this file too.

use std::sync::Arc;

use rustls::{
    ClientConfig, ServerConfig, ServerConnection,
    client::UnbufferedClientConnection,
    pki_types::ServerName,
    unbuffered::{ConnectionState, EncodeError, UnbufferedStatus},
};

/// Both ends of a connection whose handshake is done; the dialling one has no buffers of its own.
pub(super) fn shaken(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
) -> (UnbufferedClientConnection, ServerConnection) {
    let name = ServerName::try_from("fantail").unwrap();
    let mut ours = UnbufferedClientConnection::new(client, name).unwrap();
    let mut theirs = ServerConnection::new(server).unwrap();
    let (mut incoming, mut outgoing) = (Vec::new(), Vec::new());
    loop {
        let UnbufferedStatus { discard, state } = ours.process_tls_records(&mut incoming);
        match state.unwrap() {
            ConnectionState::EncodeTlsData(mut state) => {
                let Err(EncodeError::InsufficientSize(needs)) = state.encode(&mut []) else { unreachable!("no size") };
                let begin = outgoing.len();
                outgoing.resize(begin + needs.required_size, 0);
                state.encode(&mut outgoing[begin..]).unwrap();
            }
            ConnectionState::TransmitTlsData(state) => {
                theirs.read_tls(&mut outgoing.as_slice()).unwrap();
                theirs.process_new_packets().unwrap();
                outgoing.clear();
                state.done();
            }
            ConnectionState::BlockedHandshake => {
                incoming.drain(..discard);
                assert!(theirs.write_tls(&mut incoming).unwrap() > 0, "nothing more comes");
                continue;
            }
            ConnectionState::WriteTraffic(_) => break,
            other => unreachable!("{other:?}"),
        }
        incoming.drain(..discard);
    }
    assert!(!theirs.is_handshaking());
    (ours, theirs)
}
