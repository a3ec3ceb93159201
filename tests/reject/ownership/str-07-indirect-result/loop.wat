;; Each round overwrites what the indirect call of the last one gave
;; expect: OWN_LEAK func=3 offset=0x91
;; monitor: MON_LEAK
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "alloc" (func $Item.alloc (result externref)))
  (type $maker (func (result externref)))
  (table 2 funcref)
  (elem (i32.const 0) $a $b)
  (func $main (export "main") (local $item externref) (local $i i32)
    (loop $again
      (local.set $item (call_indirect (type $maker) (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2))))
    (call $Item.free (local.get $item)))
  (func $a (type $maker) (call $Item.new))
  (func $b (type $maker) (call $Item.alloc)))
