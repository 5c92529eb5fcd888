//! The unit on its shelf and in its parcels.

use oms_domain::status::{OrderStatus, ReservationStatus, ShipmentStatus};

use super::state::{Goods, Parcel, Promise, Shelf, State};

impl State {
    /// Whether the unit at a place can be promised.
    pub fn free(&self, place: usize) -> bool {
        let Shelf { on_hand, held, committed } = self.books.shelves[place];
        on_hand - held - committed > 0
    }

    /// Promises the unit.
    pub fn promise(&mut self, promise: Promise) {
        self.count(promise, 1);
        self.books.promises.push(promise);
    }

    /// Moves a promise on, and its shelf with it.
    fn set_promise(&mut self, index: usize, status: ReservationStatus) {
        let was = self.books.promises[index];
        self.count(was, -1);
        self.books.promises[index].status = status;
        self.count(self.books.promises[index], 1);
    }

    fn count(&mut self, promise: Promise, by: i8) {
        let shelf = &mut self.books.shelves[promise.place];
        match promise.status {
            ReservationStatus::Held => shelf.held += by,
            ReservationStatus::Committed => shelf.committed += by,
            ReservationStatus::Consumed => shelf.on_hand -= by,
            ReservationStatus::Released | ReservationStatus::Expired => {}
        }
    }

    fn goods_may_move(&self) -> bool {
        matches!(self.books.order, OrderStatus::Confirmed | OrderStatus::InFulfilment) && !self.books.held()
    }

    /// What is set aside goes into a parcel as soon as it may, and the parcel to its location. Whether anything did.
    pub fn goods_follow(&mut self) -> bool {
        if !self.goods_may_move() {
            return false;
        }
        if let Some(parcel) = self.books.parcels.iter_mut().find(|p| p.status == ShipmentStatus::Planned) {
            parcel.status = ShipmentStatus::Released;
            return true;
        }
        let held = self.books.promises.iter().position(|p| p.status == ReservationStatus::Held);
        let Some(index) = held.filter(|_| self.books.unplanned()) else { return false };
        self.set_promise(index, ReservationStatus::Committed);
        self.pack(self.books.promises[index].place);
        true
    }

    /// A place for the unit when it is set aside nowhere.
    pub fn plan(&mut self) {
        if !self.goods_may_move() || !self.books.unplanned() {
            return;
        }
        let Some(place) = (0..2).find(|place| self.free(*place) && !self.books.refusing[*place]) else {
            self.books.plan_failed = true;
            return;
        };
        self.promise(Promise { place, status: ReservationStatus::Committed });
        self.pack(place);
    }

    fn pack(&mut self, place: usize) {
        self.books.plan_failed = false;
        let parcel = Parcel { place, status: ShipmentStatus::Planned, asked: false, trouble_closed: false };
        self.books.parcels.push(parcel);
        self.world.goods.push(Goods::OnShelf);
    }

    /// What is still promised to an order that is undone goes back.
    pub fn release_stock(&mut self) {
        if !self.books.undone() || self.books.awaits_location() {
            return;
        }
        let expired = self.books.order == OrderStatus::Expired;
        let to = if expired { ReservationStatus::Expired } else { ReservationStatus::Released };
        for index in 0..self.books.promises.len() {
            if self.books.promises[index].status.is_active() {
                self.set_promise(index, to);
            }
        }
    }

    /// A parcel goes where it goes, and the unit behind it.
    pub fn set_parcel(&mut self, parcel: usize, status: ShipmentStatus) {
        let was = self.books.parcels[parcel];
        self.books.parcels[parcel].status = status;
        if !status.is_open_at_location() {
            self.books.parcels[parcel].asked = false;
        }
        let ended = if matches!(status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled) {
            ReservationStatus::Released
        } else if status.has_shipped() && !was.status.has_shipped() {
            ReservationStatus::Consumed
        } else {
            return;
        };
        // There is one unit, so the committed promise is this parcel's.
        let committed = self.books.promises.iter().position(|p| p.status == ReservationStatus::Committed);
        if let Some(index) = committed {
            self.set_promise(index, ended);
        }
    }

    /// Something that has happened to a parcel: it moves where it can; what comes late is noted; what cannot be is shown
    /// to people.
    pub fn moved(&mut self, parcel: usize, to: ShipmentStatus) {
        let was = self.books.parcels[parcel];
        let over = matches!(was.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled);
        if was.status == to {
            return;
        }
        if over {
            self.books.odd = true;
        } else if to.rank() > was.status.rank() {
            // Whoever stops without having been asked is not asked again.
            let asked = was.asked || self.books.order == OrderStatus::Cancelling;
            if to == ShipmentStatus::Rejected || (to == ShipmentStatus::Cancelled && !asked) {
                self.books.refusing[was.place] = true;
            }
            // What leaves all the same is shown to people.
            self.books.odd |= to.has_shipped() && !was.status.has_shipped() && self.books.held();
            self.set_parcel(parcel, to);
        }
    }

    /// An intention, which is refused where it is not wanted any more.
    pub fn accepted(&mut self, parcel: usize) {
        let over = matches!(self.books.parcels[parcel].status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled);
        if !over && !self.books.held() {
            self.moved(parcel, ShipmentStatus::Accepted);
        }
    }

    /// Asked to stop, a location may as well say that it never began.
    pub fn rejected(&mut self, parcel: usize) {
        let stopped =
            self.books.order == OrderStatus::Cancelling && self.books.parcels[parcel].status.is_open_at_location();
        self.moved(parcel, if stopped { ShipmentStatus::Cancelled } else { ShipmentStatus::Rejected });
    }

    pub fn shipped(&mut self, parcel: usize) {
        // After the delivery only the tracking number is news.
        if !self.books.parcels[parcel].status.has_shipped() {
            self.moved(parcel, ShipmentStatus::Shipped);
        }
    }

    pub fn cancel_refused(&mut self, parcel: usize) {
        let was = self.books.parcels[parcel];
        if was.asked {
            self.books.parcels[parcel].asked = false;
            if self.books.order == OrderStatus::Cancelling {
                self.books.order = OrderStatus::InFulfilment;
            }
        } else if was.status == ShipmentStatus::Cancelled {
            self.books.odd = true;
        }
    }
}
