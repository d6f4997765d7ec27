//! What the administrator's routes are, as OpenAPI: for programs that watch or list.

use axum::Json;
use utoipa::OpenApi;

use super::{fleet, health, metrics};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Okienko: administrator's listener of central",
        description = "Health, readiness, metrics and the fleet of desks. Nothing can be changed here, and nothing of a \
                       letter or a person is told."
    ),
    paths(health::health, health::ready, metrics::metrics, fleet::fleet, openapi)
)]
struct Description;

/// This description.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
