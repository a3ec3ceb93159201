;; As the refused case of this name, but a required field
;; expect: OK
;; contract: block Text { bytes: u8[]; }
;; contract: block Book { must: Text!; side: Text; }
(module
  (import "singula/Book" "new" (func $Book.new (result externref)))
  (import "singula/Book" "must.put" (func $Book.must.put (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Book" "freeze" (func $Book.freeze (param externref) (result externref)))
  (import "singula/Book" "must.share" (func $Book.must.share (param externref) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Book" "free" (func $Book.free (param externref)))
  (memory 1)
  (func (export "main") (local $b externref) (local $t externref)
    (local.set $b (call $Book.new))
    (call $Book.must.put (local.get $b) (call $Text.new (i32.const 4)))
    (local.set $b (call $Book.freeze (local.get $b)))
    (local.set $t (call $Book.must.share (local.get $b)))
    (drop (call $Text.bytes.len (local.get $t)))
    (call $Text.free (local.get $t))
    (call $Book.free (local.get $b)))
)
