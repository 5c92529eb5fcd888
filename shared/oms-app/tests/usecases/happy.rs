//! Lives without faults.

use crate::shop::Shop;
use crate::{checks, lives, picture};

#[tokio::test]
async fn paid() {
    let mut shop = Shop::new().await;
    { let e = shop.engine(); let g = shop.gateways(); let id = shop.id(); println!("compensate {} validate {} order {}", std::mem::size_of_val(&oms_app::reversal::compensate(&e,&g,&id)), std::mem::size_of_val(&oms_app::placement::validate(&e,&id)), std::mem::size_of::<oms_domain::order::Order>()); }
    let t = std::time::Instant::now();
    shop.live_all(&lives::paid_and_delivered()).await;
    println!("{:?} {} calls", t.elapsed(), shop.plan.trace().len());
    let t = std::time::Instant::now();
    shop.settle().await;
    println!("settle {:?} {} calls", t.elapsed(), shop.plan.trace().len());
    let t = std::time::Instant::now();
    checks::sound(&shop).await;
    println!("sound {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let p = picture::picture(&shop).await;
    println!("pic {:?}\n{}", t.elapsed(), p.join("\n"));
}
