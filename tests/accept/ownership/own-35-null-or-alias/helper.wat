;; As the refused case of this name, but it frees the argument only
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $if_stamped (param $t externref) (result externref)
    (if (i64.eqz (call $Text.stamp.get (local.get $t)))
      (then (if (call $choose) (then (return (ref.null extern))))))
    (local.get $t))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $if_stamped (local.get $a)))
    (call $Text.free (local.get $a)))
)
