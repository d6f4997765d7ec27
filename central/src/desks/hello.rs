//! Challenge and hello: the desk proves its key and receives a token; both sides learn where the log ends.

use axum::{Json, extract::State};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::ToSpan;
use wire::{
    core::{
        epoch::{self, Memory},
        hello::{Symbol, Trace, end_of_log, judge, trace},
    },
    v1::{Challenge, Hello, HelloAnswer, OP_SCHEMA, Refusal, log::nonce_is_signed},
};

use super::{PROGRAM_MAX, hash_of, store};
use crate::{
    accounts, backup, clock::random, config::Admission, error::Error, extract::Message, router::Office, symbols,
};

const TOKEN_SECONDS: u32 = 12 * 60 * 60;
/// Challenges waiting for their hello: more are refused, so that asking cannot fill the disk.
const MAX_CHALLENGES: i64 = 10_000;

/// Gives a nonce.
///
/// # Errors
/// [`Refusal::TooMany`] when too many wait for their hello.
pub async fn challenge(State(office): State<Office>) -> Result<Json<Challenge>, Error> {
    let now = office.clock.now();
    if store::challenges(&office.pool, now).await? >= MAX_CHALLENGES {
        return Err(Refusal::TooMany { after_seconds: 60 }.into());
    }
    let nonce = random::<32>()?;
    store::add_challenge(&office.pool, &nonce, now + 1.minute()).await?;
    Ok(Json(Challenge { nonce }))
}

/// Accepts a desk that proves its key.
///
/// # Errors
/// [`Refusal::OfficeUnknown`], [`Refusal::NonceUnknown`], [`Refusal::SignatureWrong`], [`Refusal::DeviceKeyDiffers`],
/// [`Refusal::SymbolTaken`], [`Refusal::SymbolDiffers`]; [`Refusal::NotEnrolled`] for a desk never seen where only known
/// ones are let in.
pub async fn hello(State(office): State<Office>, Message(hello): Message<Hello>) -> Result<Json<HelloAnswer>, Error> {
    if hello.office != office.teryt {
        return Err(Refusal::OfficeUnknown.into());
    }
    if hello.program.len() > PROGRAM_MAX || hello.program.chars().any(char::is_control) {
        return Err(Refusal::Malformed.into());
    }
    let now = office.clock.now();
    let mut tx = office.pool.begin().await?;
    if !store::take_challenge(&mut tx, &hello.nonce, now).await? {
        return Err(Refusal::NonceUnknown.into());
    }
    if !nonce_is_signed(&hello.public_key, &hello.log(), &hello.nonce, &hello.signature) {
        // The nonce is spent all the same.
        tx.commit().await?;
        return Err(Refusal::SignatureWrong.into());
    }
    let new = store::add_device(&mut tx, &hello, now).await?;
    if new {
        match office.admission {
            Admission::FirstHello => {}
            Admission::Known => {
                // Dropping the transaction takes the desk out again.
                tracing::warn!(device = %hello.device, "an unknown desk was not let in");
                return Err(Refusal::NotEnrolled.into());
            }
        }
    }
    let known = store::device(&mut tx, hello.device).await?;
    match judge(&hello, &known)? {
        Symbol::Keep => {}
        Symbol::Grant => {
            // Where desks are invited, their symbols come with the invitation.
            if office.admission == Admission::Known
                || !symbols::claim(&mut tx, &office.clock, hello.device, &hello.symbol).await?
            {
                return Err(Refusal::SymbolTaken.into());
            }
        }
    }
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::<32>()?);
    let expires_at = now + i64::from(TOKEN_SECONDS).seconds();
    store::add_token(&mut tx, &hash_of(&token), hello.device, now, expires_at).await?;
    store::touch(&mut tx, &hello, now).await?;
    let bounds = store::bounds(&mut tx, hello.device).await?;
    let provider = accounts::has_provider(&mut tx).await?;
    let grants = symbols::told(&mut tx, hello.device).await?;
    // Numbers that another desk gave under a symbol once this one's are none of its business.
    let next_numbers = if grants.iter().any(|grant| grant.symbol == hello.symbol) {
        symbols::next_numbers(&mut tx, &hello.symbol).await?
    } else {
        Vec::new()
    };
    let backed_up_head = backup::held_twice(&mut tx).await?;
    let mut state = crate::sync::state(&mut tx).await?;
    let has = match &hello.remembered {
        Some(memory) => crate::sync::has(&mut tx, hello.device, &memory.acknowledged).await?,
        None => true,
    };
    let holds = crate::sync::holds(&mut tx, hello.device, &hello.last).await?;
    if epoch::of_hello(hello.remembered.as_ref(), state.epoch, has) == Memory::Lost {
        state = crate::sync::begin_epoch(&mut tx, &office.clock, state.epoch).await?;
    }
    tx.commit().await?;

    tracing::info!(device = %hello.device, new, seq = known.last.seq, desk_seq = hello.last.seq, "hello");
    match trace(hello.last, known.last) {
        Trace::Behind | Trace::Differs if !holds => {
            tracing::warn!(device = %hello.device, "the desk lacks operations that it sent before");
        }
        Trace::Behind | Trace::Differs | Trace::Fits => {}
    }
    Ok(Json(HelloAnswer {
        token,
        token_seconds: TOKEN_SECONDS,
        epoch: state.epoch,
        last: end_of_log(hello.last, known.last, holds),
        standing: known.standing,
        head: state.head,
        central_time: now,
        next_numbers,
        grants: Some(grants),
        bounds: Some(bounds),
        provider,
        file_key: Some(office.file_key.to_string()),
        backed_up_head,
        op_schema: OP_SCHEMA,
    }))
}
