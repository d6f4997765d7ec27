//! Enrolment: a desk joins an office by an invitation that its administrator made.
//!
//! The invitation holds a code, good once and for a short time, and the fingerprint of the key that central's certificates
//! are signed with: the desk knows whom it speaks to before it says anything.

use domain::{
    ids::DeviceId,
    marks::Teryt,
    register::PointSymbol,
    rights::{Ceiling, Scope},
};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use super::{
    bytes,
    log::{LogOf, hash_parts, is_signed, sign},
    names,
};
use crate::letters;

const VERSION: u8 = 1;
const CHECK: usize = 3;
const BYTES: usize = 1 + 3 + 8 + Fingerprint::BYTES + CHECK;

/// The name in central's certificate for an office, below a zone that the Internet has not. The desk asks for it by SNI, and
/// central answers with the certificate of that office.
pub fn server_name(office: &Teryt) -> String {
    format!("{}.okienko.internal", office.as_str())
}

/// The office that a server name is about.
pub fn office_of(server_name: &str) -> Option<Teryt> {
    let code = server_name.strip_suffix(".okienko.internal")?;
    Teryt::try_from(code.to_owned()).ok()
}

/// The first 160 bits of SHA-256 over a key's SubjectPublicKeyInfo (RFC 5280, 4.1): nobody makes another key with the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; Self::BYTES]);

impl Fingerprint {
    /// Its length.
    pub const BYTES: usize = 20;

    /// Of a SubjectPublicKeyInfo in DER.
    pub fn of_key(info: &[u8]) -> Self {
        let hash = Sha256::digest(info);
        let mut first = [0; Self::BYTES];
        first.copy_from_slice(&hash[..Self::BYTES]);
        Self(first)
    }

    /// Of what stands inside a SubjectPublicKeyInfo, without its tag and length (X.690, 8.1.3): so a trust anchor keeps it.
    pub fn of_key_content(inside: &[u8]) -> Self {
        let length = inside.len().to_be_bytes();
        let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
        let mut whole = vec![0x30];
        if inside.len() >= 0x80 {
            whole.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
        }
        whole.extend_from_slice(length);
        whole.extend_from_slice(inside);
        Self::of_key(&whole)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let letters = String::deserialize(deserializer)?;
        let bytes = letters::read(&letters).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("not the letters of a fingerprint"))
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&letters::write(&self.0))
    }
}

/// What the administrator hands to whoever sets a desk up. Debug hides the code.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The office.
    pub office: Teryt,
    /// Good once, for a quarter of an hour.
    pub code: [u8; 8],
    /// Of the key that signs central's certificates.
    pub fingerprint: Fingerprint,
}

/// The letters are no invitation: some are missing, or one is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the letters of an invitation")]
pub struct NoInvitation;

impl Invitation {
    /// The 56 letters, in groups of four.
    pub fn letters(&self) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        // Seven digits fit into three bytes.
        let office: u32 = self.office.as_str().parse().unwrap_or_default();
        bytes.extend_from_slice(&office.to_be_bytes()[1..]);
        bytes.extend_from_slice(&self.code);
        bytes.extend_from_slice(&self.fingerprint.0);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        letters::write(&bytes)
    }

    /// Reads the letters as typed: case, spaces and hyphens do not matter, nor O for 0 and I or L for 1.
    ///
    /// # Errors
    /// [`NoInvitation`] when a letter is missing or is another one.
    pub fn read(typed: &str) -> Result<Self, NoInvitation> {
        let bytes = letters::read(typed).ok_or(NoInvitation)?;
        let bytes = <[u8; BYTES]>::try_from(bytes).map_err(|_| NoInvitation)?;
        let (said, written) = bytes.split_at(BYTES - CHECK);
        if check(said) != *written || said[0] != VERSION {
            return Err(NoInvitation);
        }
        let office = u32::from_be_bytes([0, said[1], said[2], said[3]]);
        let mut code = [0; 8];
        code.copy_from_slice(&said[4..12]);
        let mut fingerprint = [0; Fingerprint::BYTES];
        fingerprint.copy_from_slice(&said[12..]);
        Ok(Self {
            office: Teryt::try_from(format!("{office:07}")).map_err(|_| NoInvitation)?,
            code,
            fingerprint: Fingerprint(fingerprint),
        })
    }
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invitation({}, ***)", self.office.as_str())
    }
}

fn check(said: &[u8]) -> [u8; CHECK] {
    let hash = hash_parts(&[b"okienko-invitation-1", said]);
    [hash[0], hash[1], hash[2]]
}

/// A desk asks to be let in. Debug hides the code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrol {
    /// The invitation's code.
    #[serde(with = "bytes::base64")]
    pub code: [u8; 8],
    /// The desk.
    pub device: DeviceId,
    /// Its ed25519 public key, by which central knows it from now on.
    #[serde(with = "bytes::base64")]
    pub public_key: [u8; 32],
    /// [`sign_code`].
    #[serde(with = "bytes::base64")]
    pub signature: [u8; 64],
    /// The symbol on the labels that the desk has printed; `None` where it has given no number yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<PointSymbol>,
    /// Version of the desk's program.
    pub program: String,
}

impl std::fmt::Debug for Enrol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Enrol({}, ***)", self.device)
    }
}

/// Proves that the desk holds its key, for this code alone.
pub fn sign_code(key: &SigningKey, log: &LogOf, code: [u8; 8]) -> [u8; 64] {
    sign(key, &code_message(log, code))
}

/// Whether the code was signed by this key for this desk.
pub fn code_is_signed(public_key: &[u8; 32], log: &LogOf, code: [u8; 8], signature: &[u8; 64]) -> bool {
    is_signed(public_key, &code_message(log, code), signature)
}

fn code_message(log: &LogOf, code: [u8; 8]) -> [u8; 32] {
    hash_parts(&[b"okienko-enrol-1", log.office.as_str().as_bytes(), log.device.0.as_bytes(), &code])
}

/// What bounds a desk, whoever sits at it. A name that this program does not know is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounds {
    /// The kinds of records that it may hold.
    #[serde(deserialize_with = "names::known")]
    pub scope: Scope,
    /// The roles that may be exercised there.
    #[serde(deserialize_with = "names::known")]
    pub ceiling: Ceiling,
}

impl Bounds {
    /// No bounds: a desk that was never enrolled.
    pub fn none() -> Self {
        Self { scope: Scope::all(), ceiling: Ceiling::all() }
    }
}

/// The desk belongs to the office. The same code and key get the same answer again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrolAnswer {
    /// The desk's id at central.
    pub device: DeviceId,
    /// What the office is called.
    pub office_name: String,
    /// The symbol that the desk numbers under.
    pub symbol: PointSymbol,
    /// What it may hold, and what may be done there.
    pub bounds: Bounds,
    /// The office has accounts: whoever works at its desks signs in with one.
    pub accounts: bool,
    /// Central's clock.
    pub central_time: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            office: Teryt::try_from("0404082".to_owned()).expect("a code"),
            code: [0xff, 1, 2, 3, 4, 5, 6, 7],
            fingerprint: Fingerprint::of_key(b"a key"),
        }
    }

    #[test]
    fn letters_are_read_as_people_type_them() {
        let letters = invitation().letters();
        assert_eq!(letters.len(), 56 + 13, "{letters}");
        assert_eq!(Invitation::read(&letters), Ok(invitation()));
        let typed = letters.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(Invitation::read(&format!(" {typed}\n")), Ok(invitation()));
    }

    #[test]
    fn a_slip_of_the_finger_is_noticed() {
        let letters = invitation().letters();
        for (place, right) in letters.char_indices().filter(|(_, letter)| *letter != '-') {
            let wrong = if right == '7' { "8" } else { "7" };
            let mut typed = letters.clone();
            typed.replace_range(place..=place, wrong);
            assert_eq!(Invitation::read(&typed), Err(NoInvitation), "at {place}");
            typed.replace_range(place..=place, "");
            assert_eq!(Invitation::read(&typed), Err(NoInvitation), "without {place}");
        }
        for nothing in ["", "zaproszenie", "ą", &letters.repeat(2)] {
            assert_eq!(Invitation::read(nothing), Err(NoInvitation));
        }
    }

    #[test]
    fn a_key_has_its_length_before_it() {
        for (inside, before) in [
            (2, vec![0x30, 2]),
            (0x7f, vec![0x30, 0x7f]),
            (0x80, vec![0x30, 0x81, 0x80]),
            (0x126, vec![0x30, 0x82, 1, 0x26]),
        ] {
            let inside = vec![7; inside];
            let whole = [before, inside.clone()].concat();
            assert_eq!(Fingerprint::of_key_content(&inside), Fingerprint::of_key(&whole));
        }
    }

    #[test]
    fn a_fingerprint_travels_as_its_letters() {
        let json = serde_json::to_string(&invitation().fingerprint).expect("json");
        assert_eq!(json, format!("\"{}\"", invitation().fingerprint));
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).expect("read"), invitation().fingerprint);
        assert!(serde_json::from_str::<Fingerprint>("\"0123\"").is_err());
    }

    #[test]
    fn a_signed_code_is_good_for_one_desk_and_one_office() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let log = LogOf { office: invitation().office, device: DeviceId(uuid::Uuid::from_u128(1)) };
        let other = LogOf { device: DeviceId(uuid::Uuid::from_u128(2)), ..log.clone() };
        let public = key.verifying_key().to_bytes();
        let signature = sign_code(&key, &log, [1; 8]);
        assert!(code_is_signed(&public, &log, [1; 8], &signature));
        assert!(!code_is_signed(&public, &log, [2; 8], &signature));
        assert!(!code_is_signed(&public, &other, [1; 8], &signature));
    }

    #[test]
    fn an_office_is_named_by_its_server() {
        let office = invitation().office;
        assert_eq!(office_of(&server_name(&office)), Some(office));
        for other in ["okienko.internal", "040408.okienko.internal", "0404082.okienko.internal.pl", ""] {
            assert_eq!(office_of(other), None, "{other}");
        }
    }
}
