;; br_table on the tag
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.Yes" (func $yes (param externref) (result externref)))
  (import "singula/P" "imp.recv.No" (func $no (param externref i32)))
  (import "singula/P" "imp.close" (func $close (param externref)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $ask (local.get $e) (call $new (i32.const 0))) (block (block (block (br_table 0 1 2 (i32.sub (call $next (local.get $e)) (i32.const 2)))) (call $free (call $yes (local.get $e))) (call $close (local.get $e)) (return)) (call $no (local.get $e) (i32.const 0)) (call $abandon (local.get $e)) (return)) (call $close (local.get $e)))
)
