//! What an answer without a page means: wait, or the end and how sure we are of it. Pure; called by `escl`.
//!
//! A 404 alone never means that the stack is whole. Brother and Xerox devices say 404 for "not ready yet", an aborted
//! job ends with it too, and one device answered 200 with no bytes after a jam and 404 afterwards.

use serde::{Deserialize, Serialize};

use super::FeederState;
use super::messages::{JobReport, JobState};

/// How a stack ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Completion {
    /// The device says that the job is done, its count equals ours, and the feeder reports no fault.
    Complete,
    /// The feeder jammed or reports another fault: pages before it are good, the rest lies in the feeder.
    Jam,
    /// Nobody can say: a person looks at the last page.
    Uncertain {
        /// What was missing for *complete*.
        why: Doubt,
    },
}

/// Why an end is not known to be whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "doubt")]
pub enum Doubt {
    /// The device counts another number of images than we stored.
    CountsDiffer {
        /// Images that the device completed.
        device: u32,
        /// Pages that we stored.
        stored: u32,
    },
    /// The device does not tell its count.
    CountUnknown,
    /// The device gave the job up.
    Aborted,
    /// Somebody cancelled the job, here or at the device.
    Canceled,
    /// The device no longer knows the job.
    JobForgotten,
    /// The status could not be read after the last page.
    StatusUnknown,
    /// The device said "not yet" for too long.
    StillBusy,
    /// The device answered a page without bytes.
    EmptyPage,
    /// The job ended with an answer that is no regular end.
    OddEnd {
        /// HTTP status.
        status: u16,
    },
}

/// What to do after an answer without a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wait,
    End(Completion),
}

/// All that was known when the answer came.
pub(super) struct Evidence<'e> {
    /// HTTP status at NextDocument: 200 stands for a page without bytes.
    pub(super) http: u16,
    /// The job as the status tells it; `None` when the status does not name it.
    pub(super) job: Option<&'e JobReport>,
    pub(super) feeder: Option<&'e FeederState>,
    /// Pages stored by us.
    pub(super) stored: u32,
    /// The model is known to end with 409.
    pub(super) ends_with_409: bool,
}

/// Weighs the evidence.
pub(super) fn weigh(evidence: &Evidence<'_>) -> Verdict {
    if evidence.feeder.is_some_and(FeederState::is_fault) {
        return Verdict::End(Completion::Jam);
    }
    let uncertain = |why| Verdict::End(Completion::Uncertain { why });
    if evidence.http == 200 {
        return uncertain(Doubt::EmptyPage);
    }
    // Busy is not an end, even when the job's own state runs ahead of the last transfer.
    if evidence.http == 503 && !evidence.job.is_some_and(JobReport::is_given_up) {
        return Verdict::Wait;
    }
    let Some(job) = evidence.job else { return uncertain(Doubt::JobForgotten) };
    match &job.state {
        JobState::Pending | JobState::Processing | JobState::Other(_) => Verdict::Wait,
        JobState::Aborted => uncertain(Doubt::Aborted),
        JobState::Canceled => uncertain(Doubt::Canceled),
        JobState::Completed => match job.images_completed {
            None => uncertain(Doubt::CountUnknown),
            Some(device) if device != evidence.stored => {
                uncertain(Doubt::CountsDiffer { device, stored: evidence.stored })
            }
            Some(_) => match evidence.http {
                404 => Verdict::End(Completion::Complete),
                409 if evidence.ends_with_409 => Verdict::End(Completion::Complete),
                status => uncertain(Doubt::OddEnd { status }),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn every_state_meets_every_answer() {
        let jobs: [(&str, Option<JobReport>); 9] = [
            ("forgotten", None),
            ("pending", Some(JobReport { state: JobState::Pending, images_completed: Some(2) })),
            ("processing", Some(JobReport { state: JobState::Processing, images_completed: Some(2) })),
            ("completed 2", Some(JobReport { state: JobState::Completed, images_completed: Some(2) })),
            ("completed 3", Some(JobReport { state: JobState::Completed, images_completed: Some(3) })),
            ("completed ?", Some(JobReport { state: JobState::Completed, images_completed: None })),
            ("aborted", Some(JobReport { state: JobState::Aborted, images_completed: Some(2) })),
            ("canceled", Some(JobReport { state: JobState::Canceled, images_completed: Some(2) })),
            ("strange", Some(JobReport { state: JobState::Other("Held".to_owned()), images_completed: None })),
        ];
        let feeders = [None, Some(FeederState::Jam)];
        let mut table = String::from("two pages stored\n");
        for (name, job) in &jobs {
            for feeder in &feeders {
                for http in [200, 404, 409, 410, 503] {
                    let verdict = weigh(&Evidence {
                        http,
                        job: job.as_ref(),
                        feeder: feeder.as_ref(),
                        stored: 2,
                        ends_with_409: false,
                    });
                    let _ = writeln!(table, "{name} / {feeder:?} / {http}: {verdict:?}");
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn an_old_server_may_end_with_409() {
        let job = JobReport { state: JobState::Completed, images_completed: Some(1) };
        let evidence = |stored| Evidence { http: 409, job: Some(&job), feeder: None, stored, ends_with_409: true };
        assert_eq!(weigh(&evidence(1)), Verdict::End(Completion::Complete));
        let why = Doubt::CountsDiffer { device: 1, stored: 2 };
        assert_eq!(weigh(&evidence(2)), Verdict::End(Completion::Uncertain { why }));
    }
}
