;; A block on one path, a reference of the host on the other
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
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (table $t 4 externref)
  (func $main (export "main") (local $x externref)
    (if (call $choose)
      (then (local.set $x (call $Item.new)))
      (else (drop (table.get $t (i32.const 1)))))
    (call $Item.free (local.get $x))))
