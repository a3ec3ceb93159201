;; An operation is imported twice, once with a wrong type
;; expect: STR_IMPORT_SIGNATURE func=0 offset=0x25
;; monitor: - a module with such an import cannot be loaded
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
  (import "singula/Note" "text.len" (func $op (param externref i32) (result i32)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Note" "text.len" (func $len (param externref) (result i32)))
  (func $main (export "main") (local $note externref)
    (local.set $note (call $Note.new (i32.const 3)))
    (drop (i32.add (call $len (local.get $note)) (call $op (local.get $note) (i32.const 0))))
    (call $Note.free (local.get $note))))
