;; As the refused case of this name, but the child is put back
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: block Letter { stamp: i64; text: Text!; cover: Text; }
(module
  (import "singula/Letter" "new" (func $Letter.new (result externref)))
  (import "singula/Letter" "cover.put" (func $Letter.cover.put (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Letter" "cover.take" (func $Letter.cover.take (param externref) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Letter" "free" (func $Letter.free (param externref)))
  (memory 1)
  (func (export "main") (local $l externref) (local $t externref)
    (local.set $l (call $Letter.new))
    (call $Letter.cover.put (local.get $l) (call $Text.new (i32.const 4)))
    (local.set $t (call $Letter.cover.take (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then
        (call $Text.stamp.set (local.get $t) (i64.const 1))
        (call $Letter.cover.put (local.get $l) (local.get $t))
      ))
    (call $Letter.free (local.get $l)))
)
