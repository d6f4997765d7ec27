//! What a clerk, a desk and central may do: roles, the kinds of records, and the sets of them that bound a desk.
//!
//! An operation counts only within the desk's scope, the desk's ceiling and the clerk's roles. This file names the words;
//! [`acts`] what a clerk does, [`table`] who may do it and which command and route asks for what.

pub mod acts;
pub mod table;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    acts::Act,
    table::{COMMANDS, GRANTS, Gate, Grant, ROUTES, RouteGate},
};

/// Defines a closed list of names, its order being that of the enum, with the stable name of each.
macro_rules! names {
    ($(#[$doc:meta])* $kind:ident or $unknown:ident, $($(#[$word:meta])* $name:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum $kind {
            $($(#[$word])* $name),+
        }

        impl $kind {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable name used in databases, on the wire and on the command line.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }

        impl std::str::FromStr for $kind {
            type Err = $unknown;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or($unknown)
            }
        }
    };
}

names! {
    /// What a clerk is at work (rola): given at central, exercised at desks whose ceiling allows it.
    #[doc(alias = "rola")]
    Role or UnknownRole,
    /// *kancelaria*: receives, registers, labels, scans.
    Reception = "reception",
    /// *punkt potwierdzający profil zaufany*.
    TrustedProfileOfficer = "trusted_profile_officer",
    /// *podatki i opłaty lokalne*: the only one who reads tax content.
    TaxOfficer = "tax_officer",
    /// *sekretarz*: decides where letters go and what becomes of overlapping work.
    Secretary = "secretary",
    /// *inspektor ochrony danych*: reads the audit and nothing else.
    DataProtectionOfficer = "data_protection_officer",
    /// *administrator*: desks, symbols, clerks; no content.
    Administrator = "administrator",
}

names! {
    /// A kind of records (rodzaj zapisów), as far as desks may differ in what they hold.
    RecordKind or UnknownRecordKind,
    /// The register's rows and the letters of it, tax content aside.
    Letters = "letters",
    /// Confirmations of trusted profiles.
    TrustedProfile = "trusted_profile",
    /// Tax content: cards, links, and titles, senders and scans of tax letters.
    Tax = "tax",
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such role")]
pub struct UnknownRole;

/// The text names no kind of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such kind of records")]
pub struct UnknownRecordKind;

/// A set of roles: those of a clerk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "Array<Role>"))]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Whether the role is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// The roles of the first clerk of a desk that works alone: everything that touches letters.
    pub fn of_a_lone_desk() -> Self {
        [Role::Reception, Role::TrustedProfileOfficer, Role::TaxOfficer, Role::Secretary].into_iter().collect()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// The roles that may be exercised at a desk (pułap ról), whoever sits at it.
#[doc(alias = "pułap")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "Array<Role>"))]
#[serde(transparent)]
pub struct Ceiling(pub Roles);

impl Ceiling {
    /// Every role: a desk that works alone knows no other bound.
    pub fn all() -> Self {
        Role::ALL.iter().copied().collect()
    }

    /// What is left of a clerk's roles at this desk.
    pub fn of(&self, clerk: &Roles) -> Roles {
        clerk.iter().filter(|role| self.0.has(*role)).collect()
    }
}

impl FromIterator<Role> for Ceiling {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// The kinds of records that a desk may hold (zakres): what is outside is not sent to it.
#[doc(alias = "zakres")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "Array<RecordKind>"))]
#[serde(transparent)]
pub struct Scope(BTreeSet<RecordKind>);

impl Scope {
    /// Every kind: a desk that works alone holds what it makes.
    pub fn all() -> Self {
        RecordKind::ALL.iter().copied().collect()
    }

    /// Whether records of the kind may be here.
    pub fn has(&self, kind: RecordKind) -> bool {
        self.0.contains(&kind)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = RecordKind> {
        self.0.iter().copied()
    }
}

impl FromIterator<RecordKind> for Scope {
    fn from_iter<T: IntoIterator<Item = RecordKind>>(kinds: T) -> Self {
        Self(kinds.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("JSON"), role.as_str());
            assert_eq!(role.as_str().parse(), Ok(*role));
        }
        for kind in RecordKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("clerk".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn a_ceiling_leaves_what_both_know() {
        let ceiling = Ceiling([Role::Reception, Role::TaxOfficer].into_iter().collect());
        let clerk = [Role::Secretary, Role::Reception].into_iter().collect();
        assert_eq!(ceiling.of(&clerk), [Role::Reception].into_iter().collect());
        assert_eq!(Ceiling::all().of(&clerk), clerk);
    }

    #[test]
    fn sets_are_read_from_lists() {
        let scope: Scope = serde_json::from_str(r#"["tax","letters"]"#).expect("a scope");
        assert!(scope.has(RecordKind::Tax) && !scope.has(RecordKind::TrustedProfile));
        assert_eq!(serde_json::to_string(&scope).expect("JSON"), r#"["letters","tax"]"#);
        assert!(serde_json::from_str::<Scope>(r#"["everything"]"#).is_err());
    }
}
