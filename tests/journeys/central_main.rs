//! Central over real sockets and a real PostgreSQL: what desks send, what they are told, what citizens read.

mod central_accounts;
mod central_admin;
mod central_bulk;
mod central_cli;
mod central_cursor;
mod central_desk;
mod central_directory;
mod central_faults;
mod central_hello;
mod central_offices;
mod central_openid;
mod central_processes;
mod central_push;
mod central_restored;
mod central_rights;
mod central_routes;
mod central_scans;
mod central_service;
mod central_setup;
mod central_status;
mod central_symbols;
