;; A block is kept in a slot before its required child is there
;; expect: TYP_FIELD_EMPTY func=6 offset=0xcf
;; monitor: MON_FIELD_EMPTY
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
  (import "singula/Page" "new" (func $Page.new (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Page" "note.put" (func $Page.note.put (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Page" "free" (func $Page.free (param externref)))
  (import "singula/Page" "slot.swap" (func $Page.slot.swap (param i32 externref) (result externref)))
  (func $main (export "main") (local $page externref)
    (local.set $page (call $Page.new))
    (if (call $choose) (then (call $Page.note.put (local.get $page) (call $Note.new (i32.const 9)))))
    (call $Page.free (call $Page.slot.swap (i32.const 1) (local.get $page)))))
