;; What was taken out of one field is put into another
;; expect: OK
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: block Order { no: u32; item: Item!; }
;; contract: contract Shop {
;; contract:   in message Ask(Note wish);
;; contract:   in message Buy(Order order);
;; contract:   out message Offer(Item item);
;; contract:   out message Sold(i32 out);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Offer! -> Start; Sold! -> Again; }
;; contract:   state Again: Buy? -> Start;
;; contract: }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (import "singula/Order" "item.take" (func $Order.item.take (param externref) (result externref)))
  (import "singula/Item" "note.take" (func $Item.note.take (param externref) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Item" "note.put" (func $Item.note.put (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Order" "free" (func $Order.free (param externref)))
  (func $main (export "main") (local $item externref) (local $order externref) (local $t externref)
    (local.set $item (call $Item.new))
    (local.set $order (call $Order.new))
    (call $Order.item.put (local.get $order) (call $Item.new))
    (loop $again
      (local.set $t (call $Order.item.take (local.get $order)))
      (call $Order.item.put (local.get $order) (local.get $item))
      (local.set $item (local.get $t))
      (if (i32.eqz (ref.is_null (local.tee $t (call $Item.note.take (local.get $item)))))
        (then (call $Note.free (local.get $t))))
      (call $Item.note.put (local.get $item) (call $Note.new (i32.const 2)))
      (br_if $again (call $choose)))
    (call $Item.free (local.get $item))
    (call $Order.free (local.get $order))))
