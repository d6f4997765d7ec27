//! Accepts connections and speaks HTTP/1.1 on them, with limits that a slow or silent client cannot pass.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::trust::Handshake;

/// Connections held at once on one listener; others wait to be accepted.
const MAX_CONNECTIONS: usize = 512;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// After the order to stop, requests at work get this long.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Serves until told to stop, then lets requests at work end.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Handshake>, routes: Router, stop: CancellationToken) {
    let tls = tls.map(Arc::new);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Owned here, so that they end with this task, however it ends.
    let mut connections = JoinSet::new();
    let graceful = GracefulShutdown::new();
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = room.clone().acquire_owned() => permit,
        };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(kind = ?error.kind(), "a connection could not be accepted");
                    // Out of file descriptors, most likely: trying at once would only spin.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // Small answers must not wait for the client's acknowledgement; a failure only costs time.
        let _ = stream.set_nodelay(true);
        let (routes, watcher, tls) =
            (routes.clone().layer(Extension(ConnectInfo(peer))), graceful.watcher(), tls.clone());
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            match tls {
                None => speak(stream, routes, watcher).await,
                Some(tls) => {
                    // Who does not get through it is the client's affair, and nobody's when it is a port scan.
                    if let Ok(Ok(stream)) = tokio::time::timeout(HEADERS_WITHIN, tls.accept(stream)).await {
                        speak(stream, routes, watcher).await;
                    }
                }
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests at work were cut off");
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, routes: Router, watcher: Watcher) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    // A connection that breaks is the client's affair.
    let _ = watcher.watch(connection).await;
}
