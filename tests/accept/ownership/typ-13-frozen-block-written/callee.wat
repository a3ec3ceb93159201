;; A helper that writes is given a share
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
  (import "singula/Note" "share" (func $Note.share (param externref) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Note" "thaw" (func $Note.thaw (param externref) (result externref)))
  (import "singula/Note" "text.len" (func $Note.text.len (param externref) (result i32)))
  (import "singula/Note" "text.store.i32_8" (func $Note.text.store.i32_8 (param externref i32 i32)))
  (func $main (export "main") (local $note externref) (local $mine externref)
    (local.set $note (call $Note.freeze (call $Note.new (i32.const 16))))
    (local.set $mine (call $Note.share (local.get $note)))
    (call $Note.free (local.get $note))
    (local.set $mine (call $Note.thaw (local.get $mine)))
    (if (ref.is_null (local.get $mine)) (then (return)))
    (call $clear (local.get $mine))
    (call $Note.free (local.get $mine)))
  (func $clear (param $note externref) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (call $Note.text.len (local.get $note))))
        (call $Note.text.store.i32_8 (local.get $note) (local.get $i) (i32.const 0))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))))
