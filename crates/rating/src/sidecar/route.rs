//! Which route a path belongs to, without the service's router.

/// The routes of the service, segment by segment; `*` stands for one of any name.
const ROUTES: &[(&[&str], &str)] = &[
    (&["v1", "items", "*", "ratings"], "/v1/items/{id}/ratings"),
    (&["v1", "items", "*", "rating"], "/v1/items/{id}/rating"),
    (&["healthz"], "/healthz"),
    (&["readyz"], "/readyz"),
    (&["metrics"], "/metrics"),
];

/// The value of the `route` label; labels must not grow with what clients ask for.
pub(super) fn of(path: &str) -> &'static str {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let fits = |pattern: &[&str]| {
        let same = |(wanted, found): (&&str, &&str)| wanted == found || (*wanted == "*" && !found.is_empty());
        pattern.len() == segments.len() && pattern.iter().zip(&segments).all(same)
    };
    ROUTES.iter().find(|(pattern, _)| fits(pattern)).map_or("unmatched", |(_, route)| route)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn paths_are_counted_under_the_routes_of_the_service() {
        for (path, route) in [
            ("/v1/items/lobster/rating", "/v1/items/{id}/rating"),
            ("/v1/items/lobster/ratings", "/v1/items/{id}/ratings"),
            ("/v1/items//rating", "unmatched"),
            ("/v1/items/a/b/rating", "unmatched"),
            ("/healthz", "/healthz"),
            ("/", "unmatched"),
        ] {
            assert_eq!(of(path), route, "{path}");
        }
        for route in crate::app::ROUTES {
            assert_ne!(of(&route.replace("{id}", "x")), "unmatched", "{route}");
        }
    }
}
