;; The inner loop frees what it makes, the outer one does not
;; expect: OWN_LEAK func=4 offset=0xc5
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $row externref) (local $cell externref) (local $i i32) (local $j i32)
    (loop $rows
      (local.set $row (call $Text.new (i32.const 8)))
      (local.set $j (i32.const 0))
      (loop $cells
        (local.set $cell (call $Text.new (local.get $j)))
        (call $Text.stamp.set (local.get $row) (call $Text.stamp.get (local.get $cell)))
        (call $Text.free (local.get $cell))
        (br_if $cells (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 2)))
        ) ;; <- refused here
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2)))))
)
