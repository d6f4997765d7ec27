//! What to do next with central: pure, so that every order of answers and faults can be played in a test.
//!
//! The desk's worker asks [`Engine::next`], does the one step, and tells the engine what came of it. The engine never
//! touches disk or network; what must outlive it stands in the desk's database (`sync_state`).

use std::time::Duration;

use domain::ErrorCode;

use crate::v1::{Cursor, HelloAnswer, PushAnswer, Refusal, Standing, TaskReason, Tip, Verdict};

/// Most hellos in one round: a central that forgets its own tokens is left alone for a while.
const HELLOS_IN_A_ROUND: u8 = 3;
/// After so many rounds hello is said again though the token lives, about every five minutes: by it a central that lost
/// operations without a trace in its changes is noticed, and a desk hears that another machine writes its log.
const ROUNDS_BETWEEN_HELLOS: u16 = 60;

/// What the database says, read afresh before every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Where this desk's log ends.
    pub tip: Tip,
    /// Everything up to this number is acknowledged.
    pub acked: u64,
    /// How far central's changes are read; `None` before the first hello.
    pub cursor: Option<Cursor>,
    /// Scans wait for their upload.
    pub scans_wait: bool,
}

/// The one thing to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for a challenge and say hello.
    Hello,
    /// Send the batch that follows this number.
    Push {
        /// The last acknowledged number.
        after: u64,
    },
    /// Ask for the page behind the cursor.
    Pull {
        /// The cursor.
        cursor: Cursor,
    },
    /// Upload the waiting scans.
    Upload,
    /// Nothing until the next round.
    Rest,
}

/// What central's word about this desk's log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Central holds a beginning of this log, or all of it.
    Fits,
    /// Central holds operations that this log lacks: the database is an older copy.
    Behind,
    /// Central holds another operation under a number of this log: cloned or restored.
    Forked,
}

/// Compares the two ends. `held`: this log holds an operation with central's last number and hash.
pub fn judge(central: &Tip, own: &Tip, held: bool) -> Fit {
    if held {
        Fit::Fits
    } else if central.seq > own.seq {
        Fit::Behind
    } else {
        Fit::Forked
    }
}

/// Why a step came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection, a cut one, or no answer in time.
    #[error("central cannot be reached: {0}")]
    Unreachable(&'static str),
    /// An answer that is none of ours: another server, a broken one, a proxy's page.
    #[error("central's answer cannot be read: {0}")]
    Rubbish(&'static str),
    /// Whoever answers there does not hold the key that this desk was enrolled with.
    #[error("central shows another key")]
    Untrusted,
    /// Central refuses the request.
    #[error("central refuses: {0}")]
    Refused(#[from] Refusal),
}

impl Trouble {
    /// The code that the status line shows.
    pub fn code(self) -> ErrorCode {
        match self {
            // Whatever answers there is not our central, or not for now.
            Self::Unreachable(_)
            | Self::Rubbish(_)
            | Self::Refused(Refusal::Retry { .. } | Refusal::TooMany { .. }) => ErrorCode::CentralUnreachable,
            Self::Untrusted => ErrorCode::CentralNotTrusted,
            Self::Refused(Refusal::NotEnrolled) => ErrorCode::DeskNotEnrolled,
            Self::Refused(_) => ErrorCode::CentralRefused,
        }
    }

    /// The least time that central asks to be left alone.
    pub fn wait_at_least(self) -> Duration {
        match self {
            Self::Refused(Refusal::Retry { after_seconds } | Refusal::TooMany { after_seconds }) => {
                Duration::from_secs(u64::from(after_seconds.min(60)))
            }
            Self::Unreachable(_) | Self::Rubbish(_) | Self::Untrusted | Self::Refused(_) => Duration::ZERO,
        }
    }
}

/// What a trouble means for the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Ask [`Engine::next`] again.
    GoOn,
    /// The round is over.
    GiveUp,
}

/// Operations up to `seq` are contained in central's changes up to `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Contained {
    seq: u64,
    head: u64,
}

/// What is learned between two hellos.
#[derive(Default)]
pub struct Engine {
    token: Option<String>,
    /// Central takes no operations of this desk: only reading goes on.
    held: Option<ErrorCode>,
    /// Central's word about this desk.
    standing: Standing,
    /// Central's word about this log.
    fit: Option<Fit>,
    contained: Option<Contained>,
    restart: bool,
    hellos: u8,
    rounds: u16,
    pulled: bool,
    uploaded: bool,
}

impl Engine {
    /// Begins a round: what is known stays, what was done in the last one is done again.
    pub fn begin_round(&mut self) {
        self.hellos = 0;
        self.pulled = false;
        self.uploaded = false;
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > ROUNDS_BETWEEN_HELLOS {
            self.token = None;
        }
    }

    /// The next step.
    pub fn next(&self, stand: &Stand) -> Step {
        let (Some(_), Some(cursor)) = (&self.token, stand.cursor) else { return Step::Hello };
        if self.held.is_none() && stand.tip.seq > stand.acked {
            Step::Push { after: stand.acked }
        } else if self.standing == Standing::Revoked {
            Step::Rest
        } else if !self.pulled {
            Step::Pull { cursor }
        } else if stand.scans_wait && !self.uploaded {
            Step::Upload
        } else {
            Step::Rest
        }
    }

    /// Whether central has said that this log is whole and that what it holds counts.
    pub fn counts(&self) -> bool {
        self.token.is_some() && self.fit == Some(Fit::Fits) && self.held().is_none()
    }

    /// The token of the last hello.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Why what this desk sends does not count at the moment, if so.
    pub fn held(&self) -> Option<ErrorCode> {
        let standing = match (self.standing, self.fit) {
            (Standing::Revoked, _) => Some(ErrorCode::DeskRevoked),
            (Standing::Forked, _) | (Standing::Counts, Some(Fit::Forked)) => Some(ErrorCode::DeskForked),
            (Standing::Counts, Some(Fit::Behind)) => Some(ErrorCode::DeskBehind),
            (Standing::Counts, Some(Fit::Fits) | None) => None,
        };
        self.held.or(standing)
    }

    /// The cursor must begin anew, whatever central calls its epoch.
    pub fn restarts(&self) -> bool {
        self.restart
    }

    /// Central knows the desk. What does not fit is sent all the same: central keeps it in its hold.
    pub fn greeted(&mut self, answer: HelloAnswer, fit: Fit) {
        self.hellos += 1;
        self.rounds = 0;
        self.restart = false;
        self.held = None;
        self.standing = answer.standing;
        self.fit = Some(fit);
        self.contained = self.held().is_none().then_some(Contained { seq: answer.last.seq, head: answer.head });
        self.token = Some(answer.token);
    }

    /// A batch that ended with `sent` was answered.
    ///
    /// # Errors
    /// [`Trouble::Rubbish`] when the answer acknowledges less than was sent: the same batch would go out for ever; and
    /// as [`Engine::new_epoch`].
    pub fn pushed(&mut self, sent: u64, answer: &PushAnswer, cursor: &Cursor) -> Result<(), Trouble> {
        if answer.last.seq < sent {
            return Err(Trouble::Rubbish("a push that acknowledges less than was sent"));
        }
        let is_held = |verdict: &Verdict| matches!(verdict, Verdict::Task { reason: TaskReason::Held });
        if answer.verdicts.iter().any(|operation| is_held(&operation.verdict)) {
            // What is held is in nobody's changes. The first time, hello says what this desk has become.
            self.contained = None;
            if self.standing == Standing::Counts {
                self.token = None;
            }
        } else {
            // Central may hold more than this log: then the log is an older copy, and what it lacks it has not read either.
            self.contained = Some(Contained { seq: sent, head: answer.head });
        }
        self.pulled = false;
        if answer.epoch == cursor.epoch { Ok(()) } else { self.start_anew() }
    }

    /// What the page says about the cursor; the number up to which own operations are then contained in what was read.
    ///
    /// # Errors
    /// [`Trouble::Rubbish`] when the cursor would go back or stand still before the head.
    pub fn read_page(&self, before: &Cursor, after: &Cursor, head: u64) -> Result<Option<u64>, Trouble> {
        let stands = after == before;
        let moves = after.epoch == before.epoch && after.head > before.head;
        if !(moves || stands && head <= before.head) {
            return Err(Trouble::Rubbish("a page whose cursor does not move on"));
        }
        Ok(self.contained.filter(|contained| after.head >= contained.head).map(|contained| contained.seq))
    }

    /// The page is in the database.
    pub fn pulled(&mut self, after: &Cursor, head: u64) {
        self.pulled = after.head >= head;
    }

    /// Central's history is another one: compare the logs again and read from its beginning.
    ///
    /// # Errors
    /// [`Trouble::Rubbish`] when the cursor already stood at that beginning, or epochs follow each other within a round.
    pub fn new_epoch(&mut self, cursor: &Cursor, epoch: uuid::Uuid) -> Result<(), Trouble> {
        if *cursor == Cursor::start(epoch) {
            return Err(Trouble::Rubbish("a new epoch behind its own beginning"));
        }
        self.start_anew()
    }

    fn start_anew(&mut self) -> Result<(), Trouble> {
        self.token = None;
        self.restart = true;
        self.contained = None;
        if self.hellos < HELLOS_IN_A_ROUND { Ok(()) } else { Err(Trouble::Rubbish("one epoch after another")) }
    }

    /// Whether this round read all that central had for this desk; one that counts no more reads nothing.
    pub fn has_read(&self) -> bool {
        self.pulled
    }

    /// The uploads of this round were tried.
    pub fn uploaded(&mut self) {
        self.uploaded = true;
    }

    /// Says what a trouble means at a step.
    pub fn troubled(&mut self, step: Step, trouble: Trouble) -> Reaction {
        let Trouble::Refused(refusal) = trouble else { return Reaction::GiveUp };
        match refusal {
            // Central forgot the token, spent the nonce, lost operations that it had, or has revoked the desk meanwhile:
            // hello says what the desk has become.
            Refusal::TokenUnknown | Refusal::NonceUnknown | Refusal::Gap { .. } | Refusal::Revoked => {
                self.token = None;
                self.hellos += u8::from(step == Step::Hello);
                if self.hellos < HELLOS_IN_A_ROUND { Reaction::GoOn } else { Reaction::GiveUp }
            }
            Refusal::Retry { .. } | Refusal::TooMany { .. } => Reaction::GiveUp,
            Refusal::Malformed
            | Refusal::TooLarge
            | Refusal::SignatureWrong
            | Refusal::OfficeUnknown
            | Refusal::DeviceKeyDiffers
            | Refusal::NotEnrolled
            | Refusal::InvitationUnknown
            | Refusal::SymbolTaken
            | Refusal::SymbolDiffers
            | Refusal::SignInFailed
            | Refusal::PasswordGuessable
            | Refusal::ClerkUnlinked
            | Refusal::ProviderAway
            | Refusal::ClerkUnknown
            | Refusal::ChainBroken { .. }
            | Refusal::SchemaTooNew { .. }
            | Refusal::NotFound
            | Refusal::ScanDiffers
            | Refusal::OffsetDiffers { .. }
            | Refusal::HashDiffers
            | Refusal::StorageFull => match step {
                // What central does not take now, it will not take a second later; reading goes on.
                Step::Push { .. } => {
                    self.held = Some(trouble.code());
                    Reaction::GoOn
                }
                Step::Hello | Step::Pull { .. } | Step::Upload | Step::Rest => Reaction::GiveUp,
            },
        }
    }

    /// The round is over. A desk whose operations are not taken says hello again next time: things may have changed.
    pub fn end_round(&mut self) {
        if self.held().is_some() {
            self.held = None;
            self.token = None;
        }
    }

    /// Another central, or another setting: everything learned is void.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests;
