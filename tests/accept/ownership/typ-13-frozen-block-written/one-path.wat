;; Frozen on one path, written where the paths have met
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
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Note" "freeze" (func $Note.freeze (param externref) (result externref)))
  (import "singula/Note" "text.len" (func $Note.text.len (param externref) (result i32)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Note" "text.set" (func $Note.text.set (param externref i32 i32)))
  (func $main (export "main") (local $note externref)
    (local.set $note (call $Note.new (i32.const 16)))
    (if (call $choose)
      (then (local.set $note (call $Note.freeze (local.get $note))) (drop (call $Note.text.len (local.get $note))) (call $Note.free (local.get $note)))
      (else
        (call $Note.text.set (local.get $note) (i32.const 0) (i32.const 72))
        (call $Note.free (local.get $note))))))
