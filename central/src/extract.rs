//! How a desk's request is read: its JSON within a limit, its bytes, its token. Everything unreadable is a refusal.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONTENT_ENCODING},
        request::Parts,
    },
};
use serde::de::DeserializeOwned;
use wire::{
    pressed::{self, Unreadable},
    v1::{Refusal, Standing},
};

use crate::{
    desks::{Desk, Sender},
    error::Error,
    router::Office,
};

/// Most bytes of a message before it was pressed.
const MESSAGE_MAX: usize = 2 << 20;

/// A message in JSON, plain or pressed.
pub struct Message<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Office> for Message<T> {
    type Rejection = Error;

    async fn from_request(request: Request, office: &Office) -> Result<Self, Error> {
        let is_pressed = request.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == pressed::ENCODING);
        let Body(bytes) = Body::from_request(request, office).await?;
        let read = if is_pressed {
            let message = pressed::unpress(&bytes, MESSAGE_MAX).map_err(|why| match why {
                Unreadable::TooLarge => Refusal::TooLarge,
                Unreadable::Broken => Refusal::Malformed,
            })?;
            serde_json::from_slice(&message)
        } else {
            serde_json::from_slice(&bytes)
        };
        read.map(Self).map_err(|_| Refusal::Malformed.into())
    }
}

/// The whole body, within the route's limit.
pub struct Body(pub Bytes);

impl FromRequest<Office> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, office: &Office) -> Result<Self, Error> {
        Bytes::from_request(request, office).await.map(Self).map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            Error::Refused(if too_large { Refusal::TooLarge } else { Refusal::Malformed })
        })
    }
}

/// The desk whose token the request bears.
impl FromRequestParts<Office> for Sender {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Error> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Refusal::TokenUnknown)?;
        crate::desks::of_token(office, token).await.map(Self)
    }
}

/// The desk whose token the request bears, unless it is revoked.
impl FromRequestParts<Office> for Desk {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Error> {
        let Sender(desk) = Sender::from_request_parts(parts, office).await?;
        if desk.standing == Standing::Revoked { Err(Refusal::Revoked.into()) } else { Ok(desk) }
    }
}
