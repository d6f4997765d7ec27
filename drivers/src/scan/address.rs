//! The scanner's address as a person types it, made into one form.

use reqwest::Url;

/// Why a typed address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Encrypted scanning needs the device's key to be pinned first, which we cannot do yet.
    #[error("https is not supported yet")]
    Https,
    /// Neither http nor a host.
    #[error("not an address of a scanner")]
    Form,
}

/// Where an eSCL scanner answers, always `http://host:port/path` without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct ScannerAddress(String);

impl ScannerAddress {
    /// Reads `http://host:port/eSCL`, `host:port` or `host`; the path is `/eSCL` unless another is given.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong with the text.
    pub fn read(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(AddressError::Empty);
        }
        let with_scheme = match typed.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => return Err(AddressError::Https),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => format!("http://{rest}"),
            Some(_) => return Err(AddressError::Form),
            None => format!("http://{typed}"),
        };
        let url = Url::parse(&with_scheme).map_err(|_| AddressError::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(AddressError::Form)?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.query().is_some() || url.fragment().is_some() || typed.contains(char::is_whitespace) {
            return Err(AddressError::Form);
        }
        let path = url.path().trim_end_matches('/');
        let path = if path.is_empty() { "/eSCL" } else { path };
        let port = url.port_or_known_default().unwrap_or(80);
        Ok(Self(format!("http://{host}:{port}{path}")))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A place below the address, e.g. `ScannerStatus`.
    pub(super) fn at(&self, place: &str) -> String {
        format!("{}/{place}", self.0)
    }

    /// A path on the same host and port; any other host that the text names is ignored.
    pub(super) fn same_host(&self, location: &str) -> Option<String> {
        let mut url = Url::parse(&self.at("ScanJobs")).ok()?;
        let place = url.join(location.trim()).ok()?;
        let path = place.path().trim_end_matches('/');
        if path.is_empty() {
            return None;
        }
        url.set_path(path);
        Some(url.into())
    }
}

impl std::fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_many_forms() {
        let read = |text: &str| ScannerAddress::read(text).map(|address| address.as_str().to_owned());
        assert_eq!(read("http://10.0.0.5:8080/eSCL"), Ok("http://10.0.0.5:8080/eSCL".to_owned()));
        assert_eq!(read(" 10.0.0.5:8080 "), Ok("http://10.0.0.5:8080/eSCL".to_owned()));
        assert_eq!(read("skaner.urzad.local"), Ok("http://skaner.urzad.local:80/eSCL".to_owned()));
        assert_eq!(read("HTTP://skaner/eSCL/"), Ok("http://skaner:80/eSCL".to_owned()));
        assert_eq!(read("[::1]:90/inna/"), Ok("http://[::1]:90/inna".to_owned()));
        assert_eq!(read("https://10.0.0.5/eSCL"), Err(AddressError::Https));
        assert_eq!(read("  "), Err(AddressError::Empty));
        for wrong in ["ftp://a", "a b", "http://", "http://u:p@host", "host/eSCL?x=1", "host:99999", "http://host#a"] {
            assert_eq!(read(wrong), Err(AddressError::Form), "{wrong}");
        }
    }

    #[test]
    fn only_the_path_of_a_location_counts() {
        let address = ScannerAddress::read("10.0.0.5:8080").expect("address");
        let at = |location: &str| address.same_host(location);
        let expected = Some("http://10.0.0.5:8080/eSCL/ScanJobs/7".to_owned());
        assert_eq!(at("http://10.0.0.5:8080/eSCL/ScanJobs/7"), expected);
        assert_eq!(at("https://evil.example/eSCL/ScanJobs/7/"), expected);
        assert_eq!(at("//evil.example/eSCL/ScanJobs/7"), expected);
        assert_eq!(at("/eSCL/ScanJobs/7"), expected);
        assert_eq!(at("ScanJobs/7"), expected);
        assert_eq!(at("/"), None);
    }
}
