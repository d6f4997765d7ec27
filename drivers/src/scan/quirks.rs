//! Devices that leave the protocol, as data: model, what they do, why we believe it. Called by `escl`.

/// One known habit.
pub(super) struct Quirk {
    /// Beginning of `MakeAndModel`, compared without case.
    model: &'static str,
    /// Why we believe it.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the table's test"))]
    reason: &'static str,
    habit: Habit,
}

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Answers 409 instead of 404 after the last page.
    EndsWith409,
}

const TABLE: &[Quirk] = &[
    Quirk {
        model: "HP LaserJet MFP M1",
        reason: "servers of eSCL before 2.5 end a feeder job with 409 Conflict (verify on a device)",
        habit: Habit::EndsWith409,
    },
    Quirk {
        model: "HP LaserJet Pro MFP M1",
        reason: "servers of eSCL before 2.5 end a feeder job with 409 Conflict (verify on a device)",
        habit: Habit::EndsWith409,
    },
];

/// True when the model is known for the habit.
pub(super) fn has(model: &str, habit: Habit) -> bool {
    let model = model.to_lowercase();
    TABLE.iter().any(|quirk| quirk.habit == habit && model.starts_with(&quirk.model.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quirk_has_a_model_and_a_reason() {
        assert!(TABLE.iter().all(|quirk| !quirk.model.is_empty() && quirk.reason.len() > 20));
        assert!(has("HP LASERJET MFP M127fn", Habit::EndsWith409));
        assert!(!has("Example MFP", Habit::EndsWith409));
    }
}
