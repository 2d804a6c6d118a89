-- Pages of an item, newest first.
CREATE INDEX rating_item_id ON rating (item, id DESC);
