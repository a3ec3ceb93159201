;; Each round puts into the slot what the last one found in another
;; expect: OK
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: block Page { note: Note!; mark: frozen Note; }
;; contract: slots Item[8];
;; contract: slots frozen Note[4];
;; contract: slots Page[2];
;; contract: contract Shop capacity 4 {
;; contract:   in message Ask(Note wish);
;; contract:   in message Show(frozen Note poster);
;; contract:   out message Offer(Item item);
;; contract:   state Start: one { Ask? -> Asked; Show? -> Start; end; }
;; contract:   state Asked: Offer! -> Start;
;; contract: }
;; contract: slots imp Shop:Start[4];
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "slot.swap" (func $Item.slot.swap (param i32 externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main") (local $x externref) (local $i i32)
    (local.set $x (call $Item.new))
    (loop $next
      (local.set $x (call $Item.slot.swap (local.get $i) (local.get $x)))
      (if (ref.is_null (local.get $x)) (then (local.set $x (call $Item.new))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (call $Item.free (local.get $x))))
