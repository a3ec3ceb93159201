;; A child is taken out of a frozen block
;; expect: TYP_FROZEN func=7 offset=0xe7
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
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "note.put" (func $Item.note.put (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Item" "freeze" (func $Item.freeze (param externref) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Item" "note.take" (func $Item.note.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (call $Item.note.put (local.get $item) (call $Note.new (i32.const 2)))
    (local.set $item (call $Item.freeze (local.get $item)))
    (call $Note.free (call $Item.note.take (local.get $item)))
    (call $Item.free (local.get $item))))
