//! A letter's way from the desk to central and back: real SQLCipher, real PostgreSQL, real sockets, real faults.

mod audit;
mod authority;
mod backup;
mod clerks;
mod erasure;
mod held_file;
mod letter_reaches_central;
mod lost_history;
mod network_cut;
mod office;
mod old_clients;
mod openid;
mod recovery;
mod rubbish;
mod scan_reaches_central;
mod scans_in_a_bucket;
mod scope;
mod status_keys;
mod symbols;
mod trust;
mod two_desks;
mod two_versions;
mod units;
