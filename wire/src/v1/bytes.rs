//! Byte fields as JSON text (`#[serde(with = …)]`), and canonical JSON.

use serde_json::Value;

/// 32 bytes as 64 lower-case hex digits.
pub mod hex32 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the digits.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_hex(bytes))
    }

    /// Reads the digits.
    ///
    /// # Errors
    /// When the text is not 64 lower-case hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_hex(&text).ok_or_else(|| D::Error::custom("not 64 lower-case hex digits"))
    }
}

/// Any bytes as standard base64 with padding; arrays are checked for their length.
pub mod base64 {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes base64.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<B: AsRef<[u8]>, S: Serializer>(bytes: &B, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    /// Reads base64.
    ///
    /// # Errors
    /// When the text is not base64, or of another length than the field's.
    pub fn deserialize<'de, B: TryFrom<Vec<u8>>, D: Deserializer<'de>>(deserializer: D) -> Result<B, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| D::Error::custom("not base64"))?;
        B::try_from(bytes).map_err(|_| D::Error::custom("wrong number of bytes"))
    }
}

/// 64 lower-case hex digits.
pub fn to_hex(bytes: &[u8; 32]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 64 lower-case hex digits.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Canonical JSON: no space, keys sorted by their bytes at every level, so that equal values are equal bytes.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_unstable();
            out.push(b'{');
            for (place, key) in keys.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_plain(key, out);
                out.push(b':');
                write_canonical(&fields[key], out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write_plain(value, out);
        }
    }
}

fn write_plain(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    // Writing a text, a number or a truth value to memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_at_every_level() {
        let value: Value = serde_json::from_str(r#"{"b":[{"z":1,"a":"ż\n"}],"a":null}"#).expect("json");
        assert_eq!(String::from_utf8(canonical(&value)).expect("utf-8"), r#"{"a":null,"b":[{"a":"ż\n","z":1}]}"#);
    }

    #[test]
    fn hex_takes_one_spelling_only() {
        let text = "00ff".repeat(16);
        assert_eq!(from_hex(&text).map(|bytes| to_hex(&bytes)), Some(text.clone()));
        assert_eq!(from_hex(&text.to_uppercase()), None);
        assert_eq!(from_hex(&text[2..]), None);
        assert_eq!(from_hex(&"+f".repeat(32)), None);
    }
}
