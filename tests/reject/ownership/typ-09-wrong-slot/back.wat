;; What comes out of a slot is used as another type
;; expect: TYP_MISMATCH func=4 offset=0xaa
;; monitor: MON_TYPE
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "slot.swap" (func $Item.slot.swap (param i32 externref) (result externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Note" "text.len" (func $Note.text.len (param externref) (result i32)))
  (func $main (export "main") (local $old externref)
    (call $Item.free (call $Item.slot.swap (i32.const 3) (call $Item.new)))
    (local.set $old (call $Item.slot.swap (i32.const 3) (ref.null extern)))
    (if (ref.is_null (local.get $old)) (then (return)))
    (drop (call $Note.text.len (local.get $old)))
    (call $Item.free (local.get $old))))
