;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: block Album { pages: i32; cover: frozen Text; next: Album; }
(module
  (import "singula/Album" "new" (func $Album.new (result externref)))
  (import "singula/Album" "cover.put" (func $Album.cover.put (param externref externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Album" "freeze" (func $Album.freeze (param externref) (result externref)))
  (import "singula/Album" "cover.share" (func $Album.cover.share (param externref) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Album" "free" (func $Album.free (param externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $f externref) (local $c externref)
    (local.set $a (call $Album.new))
    (call $Album.cover.put (local.get $a) (call $Text.freeze (call $Text.new (i32.const 4))))
    (local.set $f (call $Album.freeze (local.get $a)))
    (local.set $c (call $Album.cover.share (local.get $f)))
    (if (i32.eqz (ref.is_null (local.get $c)))
      (then (i32.store (i32.const 0) (call $Text.bytes.len (local.get $c)))
      ))
    (call $Text.free (local.get $c))
    (call $Album.free (local.get $f)))
)
