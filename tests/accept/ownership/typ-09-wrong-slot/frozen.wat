;; A block that is not frozen is put into a slot for frozen ones
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
  (import "singula/Note" "freeze" (func $Note.freeze (param externref) (result externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Note" "frozen.slot.swap" (func $Note.frozen.slot.swap (param i32 externref) (result externref)))
  (func $main (export "main") (local $note externref)
    (local.set $note (call $Note.freeze (call $Note.new (i32.const 3))))
    (call $Note.free (call $Note.frozen.slot.swap (i32.const 0) (local.get $note)))))
