;; A reference that comes out of a global is used as a block, in a helper
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
  (global $g (mut externref) (ref.null extern))
  (func $main (export "main") (local $n i32)
    (local.set $n (call $peek (global.get $g))))
  (func $peek (param $item externref) (result i32)
    (if (ref.is_null (local.get $item)) (then (return (i32.const 0))))
    (i32.const 1)))
