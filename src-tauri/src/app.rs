//! Composes the desk and its window: lock, window, database, workers, in this order.
//!
//! The window loads while the database opens; the first command waits for it. A fault at start becomes a screen.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
};

use desk::{
    Desk, DeskError, DeskPaths,
    desk::DeskParts,
    lock::DirLock,
    recovery::recover,
    startup::{StartupView, open_desk},
};
use domain::ErrorCode;
use tauri::{AppHandle, Emitter, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{commands, error::CommandError, single};

/// How the start went; `None` while it goes on.
type Opened = Option<Result<Arc<Desk>, ErrorCode>>;

/// What the commands reach the desk through.
pub(crate) struct Front {
    opened: watch::Receiver<Opened>,
    cards: mpsc::Sender<Card>,
    paths: DeskPaths,
}

/// The letters of a recovery card, and where the answer goes.
struct Card {
    letters: String,
    answer: oneshot::Sender<Result<(), CommandError>>,
}

impl Front {
    /// The desk, as soon as it is open.
    pub(crate) async fn desk(&self) -> Result<Arc<Desk>, CommandError> {
        let mut opened = self.opened.clone();
        let opened = opened.wait_for(Option::is_some).await.map_err(|_| ErrorCode::Unexpected)?;
        match opened.as_ref() {
            Some(Ok(desk)) => Ok(Arc::clone(desk)),
            Some(Err(code)) => Err((*code).into()),
            None => Err(ErrorCode::Unexpected.into()),
        }
    }

    /// Tries to open the desk by its recovery card.
    pub(crate) async fn recover(&self, letters: String) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        // Nobody takes cards where the desk is open, or no card would help.
        self.cards.send(Card { letters, answer }).await.map_err(|_| ErrorCode::NotAllowedNow)?;
        answered.await.map_err(|_| ErrorCode::NotAllowedNow)?
    }

    /// How the start went.
    pub(crate) async fn startup(&self) -> StartupView {
        let mut opened = self.opened.clone();
        let code = match opened.wait_for(Option::is_some).await {
            Ok(opened) => match opened.as_ref() {
                Some(Ok(_)) => return StartupView::Ready,
                Some(Err(code)) => *code,
                None => ErrorCode::Unexpected,
            },
            Err(_) => ErrorCode::Unexpected,
        };
        StartupView::Failed { code, data_folder: self.paths.data.display().to_string() }
    }
}

/// What ends with the program.
#[derive(Clone, Default)]
struct Running {
    stop: CancellationToken,
    workers: TaskTracker,
    desk: Arc<Mutex<Option<Arc<Desk>>>>,
}

/// Runs the program until its window is closed.
pub(crate) fn run() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("OKIENKO_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn,zbus=warn")),
        )
        .with_writer(std::io::stderr)
        .init();

    let running = Running::default();
    let at_setup = running.clone();
    let built = tauri::Builder::default()
        .invoke_handler(commands::all())
        .setup(move |app| {
            let paths = paths(app.handle())?;
            std::fs::create_dir_all(&paths.data)?;
            let lock = match DirLock::take(&paths.data) {
                Ok(lock) => Some(lock),
                Err(DeskError::Refused(ErrorCode::AlreadyRunning)) if single::raise_the_first(&paths.data) => {
                    app.handle().exit(0);
                    return Ok(());
                }
                Err(error) => {
                    tracing::error!(%error, "the data directory cannot be locked");
                    app.manage(Front { opened: failed(error.code()), cards: mpsc::channel(1).0, paths });
                    open_window(app.handle())?;
                    return Ok(());
                }
            };
            let (tell, opened) = watch::channel(None);
            let (cards, taken) = mpsc::channel(1);
            app.manage(Front { opened, cards, paths: paths.clone() });
            start(app.handle().clone(), lock, paths, tell, taken, at_setup.clone());
            open_window(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            return ExitCode::FAILURE;
        }
    };
    app.run(move |_, event| {
        if let RunEvent::Exit = event {
            finish(&running);
        }
    });
    ExitCode::SUCCESS
}

fn failed(code: ErrorCode) -> watch::Receiver<Opened> {
    watch::channel(Some(Err(code))).1
}

fn open_window(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Okienko")
        .inner_size(1366.0, 768.0)
        .min_inner_size(1024.0, 640.0)
        .disable_drag_drop_handler()
        .build()?;
    Ok(())
}

/// `OKIENKO_DATA` and `OKIENKO_MARK` name other places than the system's (demo office, tests, a second desk).
fn paths(app: &AppHandle) -> tauri::Result<DeskPaths> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let data = match named("OKIENKO_DATA") {
        Some(folder) => folder,
        None => app.path().app_local_data_dir()?,
    };
    let mark = match named("OKIENKO_MARK") {
        Some(folder) => folder,
        None => app.path().app_config_dir()?,
    };
    Ok(DeskPaths { data, mark })
}

fn start(
    app: AppHandle,
    lock: Option<DirLock>,
    paths: DeskPaths,
    tell: watch::Sender<Opened>,
    mut cards: mpsc::Receiver<Card>,
    running: Running,
) {
    let folder = paths.data.clone();
    tauri::async_runtime::spawn(async move {
        let Some(mut lock) = lock else { return };
        let opened = open_desk(DeskParts::real(paths.clone()), &lock).await;
        answer_later_starts(&app, &mut lock, &folder);
        let opened = match opened {
            Err(DeskError::Refused(code @ (ErrorCode::KeyMissing | ErrorCode::KeyWrong))) => {
                tracing::error!(?code, "the desk cannot be opened without its recovery card");
                tell.send_replace(Some(Err(code)));
                tokio::select! {
                    () = running.stop.cancelled() => return,
                    opened = open_by_card(&mut cards, &paths, &lock, &tell) => opened,
                }
            }
            opened => opened,
        };
        drop(cards);
        match opened {
            Ok(desk) => {
                *running.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Arc::clone(&desk));
                tell.send_replace(Some(Ok(Arc::clone(&desk))));
                work(&app, &desk, &running);
            }
            Err(error) => {
                let _: CommandError = error_to_log(error, &tell);
            }
        }
        running.stop.cancelled().await;
        drop(lock);
    });
}

/// Takes cards until one opens the desk.
async fn open_by_card(
    cards: &mut mpsc::Receiver<Card>,
    paths: &DeskPaths,
    lock: &DirLock,
    tell: &watch::Sender<Opened>,
) -> Result<Arc<Desk>, DeskError> {
    loop {
        let Some(card) = cards.recv().await else { return Err(DeskError::Refused(ErrorCode::KeyMissing)) };
        match recover(DeskParts::real(paths.clone()), lock, &card.letters).await {
            Ok(desk) => {
                // Whoever asks how the start went waits for the new answer.
                tell.send_replace(None);
                let _ = card.answer.send(Ok(()));
                return Ok(desk);
            }
            Err(error) => {
                let _ = card.answer.send(Err(error.into()));
            }
        }
    }
}

fn error_to_log(error: DeskError, tell: &watch::Sender<Opened>) -> CommandError {
    tell.send_replace(Some(Err(error.code())));
    error.into()
}

fn work(app: &AppHandle, desk: &Arc<Desk>, running: &Running) {
    let mut events = desk.listen();
    let (app, stop) = (app.clone(), running.stop.clone());
    running.workers.spawn_on(
        async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                let event = tokio::select! {
                    () = stop.cancelled() => break,
                    event = events.recv() => event,
                };
                match event {
                    Ok(event) => {
                        if let Err(error) = app.emit("desk", event) {
                            tracing::warn!(%error, "an event did not reach the window");
                        }
                    }
                    // The window reads everything again after any event, so a missed one costs nothing.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        },
        tauri::async_runtime::handle().inner(),
    );
    let runtime = tauri::async_runtime::handle();
    let spawn = |worker| running.workers.spawn_on(worker, runtime.inner());
    spawn_workers(desk, &running.stop, spawn);
}

fn spawn_workers<F, T>(desk: &Arc<Desk>, stop: &CancellationToken, spawn: F)
where
    F: Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> T,
{
    spawn(Box::pin(desk::labels::worker::run(Arc::clone(desk), stop.clone())));
    spawn(Box::pin(desk::scanning::worker::run(Arc::clone(desk), stop.clone())));
    spawn(Box::pin(desk::sync::worker::run(Arc::clone(desk), stop.clone())));
}

fn answer_later_starts(app: &AppHandle, lock: &mut DirLock, folder: &Path) {
    let Some(door) = single::Door::open(lock, folder) else { return };
    let app = app.clone();
    std::thread::spawn(move || {
        door.answer(|| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        });
    });
}

// Workers end before the database closes, so that nothing is cut in its middle.
fn finish(running: &Running) {
    running.stop.cancel();
    running.workers.close();
    let desk = running.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    tauri::async_runtime::block_on(async {
        let limit = std::time::Duration::from_secs(5);
        if tokio::time::timeout(limit, running.workers.wait()).await.is_err() {
            tracing::warn!("a worker did not end within five seconds");
        }
        if let Some(desk) = desk {
            desk.close().await;
        }
    });
}
