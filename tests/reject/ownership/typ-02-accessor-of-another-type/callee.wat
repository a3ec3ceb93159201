;; A helper for notes is given an item
;; expect: TYP_MISMATCH func=5 offset=0xab
;; monitor: MON_TYPE
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Note" "text.len" (func $Note.text.len (param externref) (result i32)))
  (import "singula/Note" "text.get" (func $Note.text.get (param externref i32) (result i32)))
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (drop (call $sum (local.get $item)))
    (call $Item.free (local.get $item)))
  ;; the bytes of a note, added up
  (func $sum (param $note externref) (result i32) (local $i i32) (local $n i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (call $Note.text.len (local.get $note))))
        (local.set $n (i32.add (local.get $n) (call $Note.text.get (local.get $note) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $n)))
