//! Where an order ships from.

use oms_domain::allocation::{Demand, Request, allocate, demand};
use oms_domain::body::{Address, DeliveryType, LineKind, OrderBody, Provider};
use oms_domain::id::LineId;
use oms_domain::location::Location;
use oms_domain::stock::StockLevel;

use crate::given::{self, cny, level, line, location, location_id, locations, order_of, sku};
use crate::world::World;

fn wants(lines: &[(&str, u32)]) -> OrderBody {
    let lines = lines.iter().enumerate().map(|(i, (name, quantity))| line(i + 1, name, *quantity, cny("1.00")));
    order_of(lines.collect(), Provider::Cod)
}

/// Which location gives how many of which line, as texts; or the SKUs that are short.
fn places(body: OrderBody, locations: &[Location], levels: &[StockLevel]) -> Result<Vec<String>, Vec<String>> {
    let world = World::with(body);
    let order = world.order();
    let found = allocate(&demand(order), &Request::new(order, locations, levels));
    let text = |a: &oms_domain::event::Allotment| format!("{}:{}x{}", a.location_id, a.line_id, a.quantity);
    found.map(|a| a.iter().map(text).collect()).map_err(|s| s.iter().map(ToString::to_string).collect())
}

#[test]
fn the_nearest_location_with_everything_ships() {
    type Case = (&'static str, &'static [(&'static str, &'static str, i64)], &'static [&'static str]);
    let cases: &[Case] = &[
        ("same city first", &[("sh-1", "A", 9), ("gz-1", "A", 9), ("sz-1", "A", 9)], &["sz-1:1x2"]),
        ("then the province", &[("sh-1", "A", 9), ("gz-1", "A", 9), ("sz-1", "A", 1)], &["gz-1:1x2"]),
        ("then the country", &[("hh-1", "A", 9), ("sh-1", "A", 9)], &["sh-1:1x2"]),
        ("abroad last", &[("hh-1", "A", 9)], &["hh-1:1x2"]),
    ];
    for (name, stock, expected) in cases {
        let levels: Vec<_> = stock.iter().map(|(l, s, n)| level(l, s, *n)).collect();
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(places(wants(&[("A", 2)]), &locations(), &levels), Ok(expected), "{name}");
    }
}

#[test]
fn one_parcel_from_afar_beats_two_from_near() {
    let levels = [level("sz-1", "A", 5), level("gz-1", "B", 5), level("sh-1", "A", 5), level("sh-1", "B", 5)];
    let found = places(wants(&[("A", 1), ("B", 1)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["sh-1:1x1".into(), "sh-1:2x1".into()]));
}

#[test]
fn the_fewest_parcels_otherwise_and_the_nearest_of_those() {
    // Three could do it, two suffice; Shenzhen with Shanghai comes before Guangzhou with Shanghai.
    let levels = [level("sz-1", "A", 1), level("gz-1", "A", 1), level("sh-1", "B", 5), level("hh-1", "B", 5)];
    let found = places(wants(&[("A", 1), ("B", 2)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["sz-1:1x1".into(), "sh-1:2x2".into()]));
}

#[test]
fn a_line_is_split_when_no_place_has_all_of_it() {
    let levels = [level("sz-1", "A", 3), level("sh-1", "A", 2), level("hh-1", "A", 1)];
    let found = places(wants(&[("A", 5)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["sz-1:1x3".into(), "sh-1:1x2".into()]));
}

#[test]
fn two_lines_of_one_sku_share_the_shelf() {
    let levels = [level("sz-1", "A", 3)];
    let found = places(wants(&[("A", 2), ("A", 1)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["sz-1:1x2".into(), "sz-1:2x1".into()]));
    assert_eq!(places(wants(&[("A", 2), ("A", 2)]), &locations(), &levels), Err(vec!["A".into()]));
}

#[test]
fn what_one_line_takes_is_gone_for_the_next() {
    let levels = [level("sz-1", "A", 2), level("sh-1", "A", 2)];
    let found = places(wants(&[("A", 2), ("A", 2)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["sz-1:1x2".into(), "sh-1:2x2".into()]));
}

#[test]
fn what_is_promised_or_kept_for_safety_is_not_free() {
    let shelf = StockLevel { held: 2, committed: 3, safety_stock: 4, ..level("sz-1", "A", 10) };
    assert_eq!((shelf.free(), shelf.available(), shelf.short()), (1, 1, 0));
    assert_eq!(places(wants(&[("A", 1)]), &locations(), std::slice::from_ref(&shelf)), Ok(vec!["sz-1:1x1".into()]));
    assert_eq!(places(wants(&[("A", 2)]), &locations(), &[shelf]), Err(vec!["A".into()]));
    let short = StockLevel { held: 2, committed: 3, ..level("sz-1", "A", 1) };
    assert_eq!((short.free(), short.available(), short.short()), (-4, 0, 4));
}

#[test]
fn all_that_is_short_is_named() {
    let levels = [level("sz-1", "A", 1), level("sz-1", "B", 1), level("nowhere", "C", 9)];
    let found = places(wants(&[("A", 1), ("B", 2), ("C", 1)]), &locations(), &levels);
    assert_eq!(found, Err(vec!["B".into(), "C".into()]));
}

#[test]
fn pickup_takes_the_chosen_place_only() {
    let mut body = wants(&[("A", 1)]);
    body.delivery.kind = DeliveryType::Pickup;
    body.delivery.location_id = Some(location_id("sh-1"));
    let levels = [level("sz-1", "A", 5), level("sh-1", "A", 5)];
    assert_eq!(places(body.clone(), &locations(), &levels), Ok(vec!["sh-1:1x1".into()]));
    assert_eq!(places(body, &locations(), &levels[..1]), Err(vec!["A".into()]));
}

#[test]
fn a_place_that_refused_is_not_asked() {
    let mut world = World::with(wants(&[("A", 1)]));
    world.lives[0].order.refusing_locations.insert(location_id("sz-1"));
    let order = world.order();
    let levels = [level("sz-1", "A", 5), level("sh-1", "A", 5)];
    let found = allocate(&demand(order), &Request::new(order, &locations(), &levels)).unwrap();
    assert_eq!(found[0].location_id, location_id("sh-1"));
    assert!(allocate(&demand(order), &Request::new(order, &locations(), &levels[..1])).is_err());
}

#[test]
fn priority_and_then_the_id_decide_between_equally_near_places() {
    let levels = [level("b", "A", 5), level("a", "A", 5), level("c", "A", 5)];
    let place = |id, priority| location(id, "CN", "广东省", "深圳市", priority);
    let equal = [place("c", 0), place("b", 0), place("a", 0)];
    assert_eq!(places(wants(&[("A", 1)]), &equal, &levels), Ok(vec!["a:1x1".into()]));
    let ranked = [place("c", 1), place("b", -1), place("a", 0)];
    assert_eq!(places(wants(&[("A", 1)]), &ranked, &levels), Ok(vec!["b:1x1".into()]));
}

#[test]
fn nearness_reads_names_without_regard_to_case_and_needs_no_address() {
    let mut body = wants(&[("A", 1)]);
    let levels = [level("hh-1", "A", 5), level("sz-1", "A", 5)];
    let hamburg = Address { country: Some("de".into()), city: Some(" HAMBURG ".into()), ..given::address() };
    body.shipping_address = Some(hamburg);
    assert_eq!(places(body.clone(), &locations(), &levels), Ok(vec!["hh-1:1x1".into()]));
    body.shipping_address = Some(Address { masked: true, ..Address::default() });
    assert_eq!(places(body, &locations(), &levels), Ok(vec!["hh-1:1x1".into()]), "by id when nothing is known");
}

#[test]
fn services_sets_and_digital_goods_need_no_place() {
    let mut body = wants(&[("A", 1), ("WRAP", 1), ("SET", 1), ("PART", 2)]);
    body.lines[1].kind = LineKind::Service;
    body.lines[2].kind = LineKind::Bundle;
    body.lines[2].channel_line_id = Some("L3".into());
    body.lines[3].parent = Some("L3".into());
    let world = World::with(body.clone());
    let wanted = demand(world.order());
    let of = |n: usize, name: &str, quantity| Demand { line_id: LineId::number(n), sku: sku(name), quantity };
    assert_eq!(wanted, vec![of(1, "A", 1), of(4, "PART", 2)]);
    body.delivery.kind = DeliveryType::Digital;
    assert!(demand(World::with(body).order()).is_empty());
}

#[test]
fn many_places_are_chosen_greedily() {
    // Fourteen places with one unit each: no set of twelve covers the need, so the search gives way to taking the most.
    let places_: Vec<Location> = (0..14).map(|i| location(&format!("p{i:02}"), "CN", "广东省", "深圳市", i)).collect();
    let levels: Vec<StockLevel> = (0..14).map(|i| level(&format!("p{i:02}"), "A", 1)).collect();
    let found = places(wants(&[("A", 14)]), &places_, &levels).unwrap();
    assert_eq!(found.len(), 14);
    // A fifteenth with ten units is taken first, though it is the farthest.
    let mut places_ = places_;
    places_.push(location("far", "DE", "HH", "Hamburg", 0));
    let mut levels = levels;
    levels.push(level("far", "A", 10));
    let found = places(wants(&[("A", 24)]), &places_, &levels).unwrap();
    assert_eq!((found.len(), found[0].as_str()), (15, "far:1x10"));
}

/// Whoever takes the most of what is missing first may end with more parcels than needed.
#[test]
fn the_fewest_parcels_are_found_where_the_fullest_shelf_leads_astray() {
    let levels = [level("sz-1", "A", 3), level("sz-1", "B", 3), level("gz-1", "A", 4), level("sh-1", "B", 4)];
    let found = places(wants(&[("A", 4), ("B", 4)]), &locations(), &levels);
    assert_eq!(found, Ok(vec!["gz-1:1x4".into(), "sh-1:2x4".into()]));
}

#[test]
fn among_many_places_that_bring_as_much_the_nearest_are_taken() {
    let mut places_: Vec<Location> =
        (0..13).map(|i| location(&format!("p{i:02}"), "CN", "广东省", "深圳市", i)).collect();
    places_.push(location("far", "DE", "HH", "Hamburg", 0));
    let levels: Vec<StockLevel> = places_.iter().map(|p| level(p.location_id.as_str(), "A", 1)).collect();
    let found = places(wants(&[("A", 13)]), &places_, &levels).unwrap();
    let near: Vec<String> = (0..13).map(|i| format!("p{i:02}:1x1")).collect();
    assert_eq!(found, near);
}
