//! REST API, authentication, metrics and OpenAPI. salvo lives here and nowhere else.
