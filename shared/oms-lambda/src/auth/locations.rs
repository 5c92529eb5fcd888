//! Credentials that are bound to locations: a warehouse of somebody else's sees and touches its own goods, and nothing beside.
//!
//! A route is closed to them unless its handler says which location it is about, so that a new one is closed until somebody
//! has thought of them.

use oms_domain::id::LocationId;

use crate::auth::Caller;
use crate::openapi::Route;
use crate::problem::Problem;

impl Caller {
    /// Lets through callers with one of a route's roles: the table of routes is the one place that says who may what. For
    /// routes that are about more than one location, or about none.
    ///
    /// # Errors
    /// 403.
    pub fn may(&self, route: &Route) -> Result<(), Problem> {
        self.may_at_its_own(route)?;
        if self.locations.is_some() {
            return Err(Problem::forbidden("this credential is bound to locations, and this is about more than them"));
        }
        Ok(())
    }

    /// The same for a route that is about one location.
    ///
    /// # Errors
    /// 403.
    pub fn may_at(&self, route: &Route, location: &LocationId) -> Result<(), Problem> {
        self.may_at_its_own(route)?;
        if self.is_at(location) {
            return Ok(());
        }
        let detail = format!("location_id: this credential is not bound to {location}");
        Err(Problem::forbidden(detail).member("field", "location_id"))
    }

    /// The same for a route whose handler looks at the location itself, or answers with those alone that the caller
    /// [is at](Self::is_at).
    ///
    /// # Errors
    /// 403.
    pub fn may_at_its_own(&self, route: &Route) -> Result<(), Problem> {
        self.require(route.roles)
    }

    /// Whether a location is one of the caller's: all are, where it is bound to none.
    #[must_use]
    pub fn is_at(&self, location: &LocationId) -> bool {
        self.locations.as_ref().is_none_or(|own| own.contains(location))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::auth::{Credentials, Role};
    use crate::openapi::routes::{self, ROUTES};
    use crate::problem::ProblemKind;
    use serde_json::json;

    fn place(id: &str) -> LocationId {
        LocationId::parse(id).unwrap()
    }

    fn caller(locations: Option<&[&str]>) -> Caller {
        let one = json!({"name": "wms", "token": "warehouse-token-01", "role": "warehouse", "locations": locations});
        let secret = json!({"credentials": [one]}).to_string();
        Credentials::parse(&secret).unwrap().authenticate(Some("Bearer warehouse-token-01")).unwrap()
    }

    #[test]
    fn one_that_is_bound_passes_at_its_own_locations_alone() {
        let (bound, free) = (caller(Some(&["sz-1", "gz-1"])), caller(None));
        for (location, passes) in [("sz-1", true), ("gz-1", true), ("sh-1", false)] {
            assert_eq!(bound.may_at(&routes::PUT_STOCK, &place(location)).is_ok(), passes, "{location}");
            assert_eq!(bound.is_at(&place(location)), passes, "{location}");
            assert!(free.may_at(&routes::PUT_STOCK, &place(location)).is_ok() && free.is_at(&place(location)));
        }
        let refused = bound.may_at(&routes::PUT_STOCK, &place("sh-1")).unwrap_err();
        assert_eq!(refused.kind(), ProblemKind::Forbidden);
        // Being at home somewhere opens no door that its role does not.
        assert!(bound.may_at(&routes::PUT_LOCATION, &place("sz-1")).is_err());
        assert!(bound.may_at_its_own(&routes::GET_LEDGER).is_err());
    }

    /// Every route by every way in: whoever is bound to a location passes nowhere unless the handler asks about it.
    #[test]
    fn routes_are_closed_to_it_unless_they_say_where() {
        let (bound, free) = (caller(Some(&["sz-1"])), caller(None));
        for route in ROUTES {
            let for_warehouses = route.roles.contains(&Role::Warehouse);
            assert_eq!(free.may(route).is_ok(), for_warehouses, "{}", route.path);
            assert!(bound.may(route).is_err(), "{}", route.path);
            assert_eq!(bound.may_at_its_own(route).is_ok(), for_warehouses, "{}", route.path);
        }
    }
}
