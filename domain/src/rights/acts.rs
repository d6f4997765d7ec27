//! What a clerk does, and whose letter it is about: asked by the desk's use cases, by central for every operation, and when
//! central delivers.

use super::{GRANTS, RecordKind, Role, Roles};
use crate::text;

/// What a clerk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Registers a letter, with the questions that belong to it: office day, highest label.
    Register,
    /// Prints labels and answers for them.
    Label,
    /// Scans, sorts and attaches.
    Scan,
    /// Sees rows of the register and known senders.
    ReadRegister,
    /// Opens a letter: title, sender, history, scan.
    ReadLetter,
    /// Makes the confirmation slip.
    Slip,
    /// Corrects a letter's facts.
    Correct,
    /// Cancels a number.
    Cancel,
    /// Sets stage and unit (dekretacja).
    SetStage,
    /// Settles what somebody must look at: two versions of one fact, a flag.
    Settle,
    /// Decides on a cancellation that was asked for.
    Decide,
    /// Changes this desk's settings and tests its devices.
    Settings,
    /// Reads the audit.
    Audit,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 13] = [
        Self::Register,
        Self::Label,
        Self::Scan,
        Self::ReadRegister,
        Self::ReadLetter,
        Self::Slip,
        Self::Correct,
        Self::Cancel,
        Self::SetStage,
        Self::Settle,
        Self::Decide,
        Self::Settings,
        Self::Audit,
    ];

    /// Whether it stays open however long central is away: paper comes all the same.
    pub fn stays_open(self) -> bool {
        match self {
            // The slip is the receipt of what is taken in, and the printer's address belongs to the labels.
            Self::Register | Self::Label | Self::Scan | Self::Slip | Self::Settings => true,
            Self::ReadRegister
            | Self::ReadLetter
            | Self::Correct
            | Self::Cancel
            | Self::SetStage
            | Self::Settle
            | Self::Decide
            | Self::Audit => false,
        }
    }

    /// Whether it is done only where records of the kind may be: what is about the paper at hand is done wherever that is.
    pub fn needs_scope(self) -> bool {
        match self {
            Self::ReadLetter | Self::Correct | Self::SetStage | Self::Settle | Self::Decide | Self::Audit => true,
            // Of what may not be here, the register shows number and state.
            Self::Register
            | Self::Label
            | Self::Scan
            | Self::ReadRegister
            | Self::Slip
            | Self::Cancel
            | Self::Settings => false,
        }
    }

    /// Whether central applies it whatever the rights say, with a flag and a task: the paper exists.
    pub fn is_about_paper(self) -> bool {
        match self {
            Self::Register | Self::Cancel | Self::Scan => true,
            Self::Label
            | Self::ReadRegister
            | Self::ReadLetter
            | Self::Slip
            | Self::Correct
            | Self::SetStage
            | Self::Settle
            | Self::Decide
            | Self::Settings
            | Self::Audit => false,
        }
    }
}

impl Role {
    /// Whether the table lets this role do this with records of this kind.
    pub fn may(self, act: Act, kind: RecordKind) -> bool {
        GRANTS.iter().any(|grant| grant.role == self && grant.act == act && grant.kinds.contains(&kind))
    }
}

impl Roles {
    /// The first role that may do this.
    pub fn for_act(&self, act: Act, kind: RecordKind) -> Option<Role> {
        self.iter().find(|role| role.may(act, kind))
    }

    /// The first role that may make a letter one of this kind: who may register such letters, or correct them.
    pub fn for_making(&self, kind: RecordKind) -> Option<Role> {
        self.for_act(Act::Register, kind).or_else(|| self.for_act(Act::Correct, kind))
    }

    /// The first role that may do this with any kind of record.
    pub fn for_any(&self, act: Act) -> Option<Role> {
        RecordKind::ALL.iter().find_map(|kind| self.for_act(act, *kind))
    }
}

/// Beginnings of words, folded, by which a letter's kind is known to be about taxes or trusted profiles.
const TAX_WORDS: [&str; 6] = ["podatek", "podatk", "podatnik", "skarbow", "akcyz", "deklaracj"];

impl RecordKind {
    /// The kind of record that a letter of this document kind is: `deklaracja podatkowa` is a tax letter.
    ///
    /// Without a document kind, a letter belongs to the register of letters.
    pub fn of_letter(document_kind: Option<&str>) -> Self {
        let folded = text::fold(document_kind.unwrap_or_default());
        let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        if folded.contains("profil zaufan") || folded.contains("profilu zaufan") {
            Self::TrustedProfile
        } else if words.any(|word| TAX_WORDS.iter().any(|tax| word.starts_with(tax))) {
            Self::Tax
        } else {
            Self::Letters
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Ceiling, *};

    #[test]
    fn the_whole_table() {
        let mut lines = Vec::new();
        for role in Role::ALL.iter().copied() {
            for act in Act::ALL {
                let kinds: Vec<&str> = RecordKind::ALL
                    .iter()
                    .copied()
                    .filter(|kind| role.may(act, *kind))
                    .map(RecordKind::as_str)
                    .collect();
                if !kinds.is_empty() {
                    lines.push(format!("{:24}{:14}{}", role.as_str(), format!("{act:?}"), kinds.join(" ")));
                }
            }
        }
        insta::assert_snapshot!("the_whole_table", lines.join("\n"));
    }

    #[test]
    fn a_right_is_named_once() {
        for (place, grant) in GRANTS.iter().enumerate() {
            let twice = GRANTS[..place].iter().any(|other| other.role == grant.role && other.act == grant.act);
            assert!(!twice, "{:?} {:?}", grant.role, grant.act);
        }
    }

    #[test]
    fn nobody_but_the_tax_office_reads_tax_letters_and_the_administrator_reads_nothing() {
        for role in Role::ALL.iter().copied() {
            assert_eq!(role.may(Act::ReadLetter, RecordKind::Tax), role == Role::TaxOfficer, "{role:?}");
        }
        for act in Act::ALL {
            for kind in RecordKind::ALL.iter().copied() {
                let may = Role::Administrator.may(act, kind);
                assert_eq!(may, act == Act::Settings, "{act:?}");
                let may = Role::DataProtectionOfficer.may(act, kind);
                assert_eq!(may, act == Act::Audit, "{act:?}");
            }
        }
    }

    #[test]
    fn a_letter_s_kind_is_read_from_its_document_kind() {
        let of = |kind| RecordKind::of_letter(Some(kind));
        for tax in ["Deklaracja podatkowa", "odwołanie od decyzji PODATKOWEJ", "tajemnica skarbowa", "podatek rolny"] {
            assert_eq!(of(tax), RecordKind::Tax, "{tax}");
        }
        for profile in ["profil zaufany", "wniosek o przedłużenie profilu zaufanego"] {
            assert_eq!(of(profile), RecordKind::TrustedProfile, "{profile}");
        }
        for general in ["skarga", "wniosek o podanie informacji publicznej", "", "niepodatny"] {
            assert_eq!(of(general), RecordKind::Letters, "{general}");
        }
        assert_eq!(RecordKind::of_letter(None), RecordKind::Letters);
    }

    #[test]
    fn a_clerk_acts_in_no_role_above_the_ceiling() {
        let roles: Roles = [Role::Reception, Role::TaxOfficer].into_iter().collect();
        let ceiling = Ceiling([Role::Reception, Role::Secretary].into_iter().collect());
        let within = ceiling.of(&roles);
        assert_eq!(within.iter().collect::<Vec<_>>(), [Role::Reception]);
        assert_eq!(within.for_act(Act::ReadLetter, RecordKind::Tax), None);
        assert_eq!(roles.for_act(Act::ReadLetter, RecordKind::Tax), Some(Role::TaxOfficer));
    }
}
