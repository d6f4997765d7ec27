//! Tells systemd, where it started us, that central serves, lives and stops. Elsewhere nothing happens.

#[cfg(unix)]
mod notify {
    use sd_notify::{NotifyState, notify, watchdog_enabled};

    fn tell(state: NotifyState<'_>) {
        if let Err(error) = notify(&[state]) {
            tracing::warn!(kind = ?error.kind(), "the service manager cannot be told");
        }
    }

    pub(crate) fn ready() {
        tell(NotifyState::Ready);
    }

    pub(crate) fn stopping() {
        tell(NotifyState::Stopping);
    }

    /// Says that the runtime turns, twice as often as asked for. Says nothing of the database: starting anew would not
    /// bring it back.
    pub(crate) async fn keep_telling() {
        let Some(within) = watchdog_enabled() else { return std::future::pending().await };
        let mut ticks = tokio::time::interval(within / 2);
        loop {
            ticks.tick().await;
            tell(NotifyState::Watchdog);
        }
    }
}

#[cfg(not(unix))]
mod notify {
    pub(crate) fn ready() {}

    pub(crate) fn stopping() {}

    pub(crate) async fn keep_telling() {
        std::future::pending().await
    }
}

pub(super) use notify::{keep_telling, ready, stopping};
